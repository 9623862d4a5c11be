import { failureOf } from "../observe/failure.ts";
import { logger } from "../observe/observe.ts";
import { readDigest } from "../store/id-digest.ts";
import type { Person } from "../timeline/contact.ts";
import type { Night } from "./night.ts";

/** A partition with more touches in the windows that count is deep. */
const deepFrom = 400;

/**
 * Keeps of a person's deep partitions what their readers work from, so that none of them has to read all the touches first. What
 * fails here is done by the first reader.
 * @param person as the night read them, with the touches that count
 */
export async function keepDigests({ table, clock }: Night, person: Person): Promise<void> {
  for (const { identifierId, touches } of person.partitions) {
    if (touches.length <= deepFrom) continue;
    try {
      const now = clock();
      await readDigest(table, identifierId, now.toISOString(), now);
    } catch (error) {
      logger.warn("digest not kept", { identifierId, ...failureOf(error) });
    }
  }
}
