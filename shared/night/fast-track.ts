import { leadCreated } from "../lead/event.ts";
import { readFrom } from "../policy/evaluate.ts";
import { announce } from "../queue/announce.ts";
import { readPolicy } from "../store/policies.ts";
import { Accounts } from "./account-reach.ts";
import { findLead, type Judging, readTouched } from "./contact-lead.ts";
import type { Night } from "./night.ts";

/** What travels through the queue of those who are looked at before the night. */
export interface FastTrackMessage {
  v: 1;
  /** Of identifiers that were seen with a touch that qualifies at once. */
  ids: string[];
  /** When that happened, ISO 8601, where its sender's clock is ahead of ours: before it that touch does not exist. */
  at?: string;
}

/**
 * Judges people at once, because of what they just did: as the night does, under the policy in force now. Who qualifies is entered in
 * the ledger, waits for the next export, and is announced. Doing it again changes nothing and announces the same event. Whoever is
 * missed here, because what links them comes later, the night finds.
 * @param body a message of the queue
 */
export async function judgeAtOnce(
  night: Pick<Night, "table" | "deliveries" | "clock">,
  body: string,
): Promise<void> {
  const { ids, at = "" } = JSON.parse(body) as FastTrackMessage;
  const { table } = night;
  const time = night.clock();
  const told = time.toISOString();
  const now = at > told ? at : told;
  const { version, policy } = await readPolicy(table, time);
  const judging: Judging = { run: 0, now, policy, policyVersion: version, from: readFrom(policy, now) };
  const accounts = new Accounts(table, policy, now);
  const judged = new Set<string>();
  for (const id of ids) {
    const { people } = await readTouched(table, id, { from: judging.from, consistent: true });
    for (const person of people) {
      if (judged.has(person.identity.contactId)) continue;
      judged.add(person.identity.contactId);
      const entry = await findLead(table, person, judging, accounts);
      // Also one that was entered before: whoever did may have died before this line.
      if (entry?.foundIn === 0) await announce(night.deliveries, [leadCreated(entry.leadId, told)]);
    }
  }
}
