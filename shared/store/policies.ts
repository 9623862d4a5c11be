import { defaultPolicy, type Policy } from "../policy/policy.ts";
import { partitions, policyKey, policyPrefix } from "../table/keys.ts";
import { Cached } from "./cached.ts";
import { getItem, putFirst, queryPage, type Table } from "./table.ts";

/** A version of the policy. Version 0 is the built-in default, in force until sales sets its own. */
export interface PolicyVersion {
  v: 1;
  version: number;
  policy: Policy;
  /** When it was put in force, ISO 8601; null for the built-in one. */
  from: string | null;
}

const builtIn: PolicyVersion = { v: 1, version: 0, policy: defaultPolicy, from: null };

/** The policy in force: the latest version. */
export async function readPolicy(table: Table): Promise<PolicyVersion> {
  const page = await queryPage(table, partitions.config, {
    beginsWith: policyPrefix,
    descending: true,
    limit: 1,
    consistent: true,
  });
  return page.items[0] ? (JSON.parse(String(page.items[0].body)) as PolicyVersion) : builtIn;
}

/** One version, for what was decided under it. */
export async function readPolicyVersion(table: Table, version: number): Promise<PolicyVersion> {
  if (version === 0) return builtIn;
  const item = await getItem(table, policyKey(version), true);
  if (!item) throw new Error(`policy version ${version} is not stored`);
  return JSON.parse(String(item.body)) as PolicyVersion;
}

/** Puts a policy in force as the next version. Of two at once both get a number of their own; the later is in force. */
export async function addPolicy(table: Table, policy: Policy, now: Date): Promise<PolicyVersion> {
  for (;;) {
    const { version } = await readPolicy(table);
    const next: PolicyVersion = { v: 1, version: version + 1, policy, from: now.toISOString() };
    if (await putFirst(table, { ...policyKey(next.version), body: JSON.stringify(next) })) return next;
  }
}

/**
 * The policy in force, read again after a second: what a page of a timeline costs is then its touches. So an answer may
 * tell the policy before for a second after a new one is put in force.
 */
export const cachedPolicy = (table: Table): Cached<PolicyVersion> =>
  new Cached(() => readPolicy(table), 1_000);
