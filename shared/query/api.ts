import { type Night, openNight } from "../night/night.ts";
import type { Cached } from "../store/cached.ts";
import { cachedPolicy, type PolicyVersion } from "../store/policies.ts";

/** What the query API stands on: what the night does, since it can begin one, and the policy in force. */
export interface Api extends Night {
  policy: Cached<PolicyVersion>;
}

export function openApi(): Api {
  const night = openNight();
  return { ...night, policy: cachedPolicy(night.table) };
}
