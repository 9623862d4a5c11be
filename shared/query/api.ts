import type { ReplayIntake } from "../ingest/replay.ts";
import { type Night, openNight } from "../night/night.ts";
import { openQueue, type Queue } from "../queue/queue.ts";
import { setting } from "../settings.ts";
import type { Cached } from "../store/cached.ts";
import { CachedSenders } from "../store/config.ts";
import { cachedPolicy, type PolicyVersion } from "../store/policies.ts";
import { cachedSuppressions } from "../store/suppressions.ts";
import type { Sought } from "../touchpoint/mentions.ts";

/** What the query API stands on: what the night does, since it can begin one, the policy in force, and the
 * way in, for what is replayed. */
export interface Api extends Night {
  policy: Cached<PolicyVersion>;
  /** Of whom nothing is kept any more, because they were erased. */
  suppressed: Cached<Sought>;
  /** What a replay sends with. */
  intake: ReplayIntake;
  /** What begins the work on an import. */
  imports: Queue;
  /** What counts history anew. */
  whatIfs: Queue;
}

export function openApi(): Api {
  const night = openNight();
  const { table, secrets } = night;
  const queue = openQueue(setting("touchpointsQueue"));
  const lookUps = openQueue(setting("lookUpsQueue"));
  const intake: ReplayIntake = { queue, lookUps, secrets, senders: new CachedSenders(table) };
  return {
    ...night,
    policy: cachedPolicy(table),
    suppressed: cachedSuppressions(table, secrets),
    intake,
    imports: openQueue(setting("importsQueue")),
    whatIfs: openQueue(setting("whatIfQueue")),
  };
}
