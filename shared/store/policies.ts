import { defaultPolicy, type Policy, parsePolicy } from "../policy/policy.ts";
import { partitions, policyKey, policyPrefix } from "../table/keys.ts";
import { Cached } from "./cached.ts";
import { getItem, type Item, putFirst, queryPage, type Table } from "./table.ts";

/** A version of the policy. Version 0 is the built-in default, in force until sales sets its own. */
export interface PolicyVersion {
  v: 1;
  version: number;
  policy: Policy;
  /** When it was put in force, ISO 8601; null for the built-in one. */
  from: string | null;
}

const builtIn: PolicyVersion = { v: 1, version: 0, policy: defaultPolicy, from: null };

/**
 * A version of its stored item. One that an earlier release stored lacks the fields that came later: they have their defaults,
 * as if it were put in force anew.
 * @throws Error where it is no policy to this release: to judge by half of one would be worse than not to judge
 */
function versionOf(item: Item): PolicyVersion {
  const stored = JSON.parse(String(item.body)) as PolicyVersion;
  const result = parsePolicy(stored.policy);
  if ("policy" in result) return { ...stored, policy: result.policy };
  const fields = result.issues.map(({ field }) => field).join(", ");
  throw new Error(`policy version ${stored.version} cannot be read: ${fields}`);
}

/** The item of the latest version; undefined before sales has set one. */
async function readLatest(table: Table): Promise<Item | undefined> {
  const page = await queryPage(table, partitions.config, {
    beginsWith: policyPrefix,
    descending: true,
    limit: 1,
    consistent: true,
  });
  return page.items[0];
}

/** The policy in force: the latest version. */
export async function readPolicy(table: Table): Promise<PolicyVersion> {
  const latest = await readLatest(table);
  return latest ? versionOf(latest) : builtIn;
}

/** One version, for what was decided under it. */
export async function readPolicyVersion(table: Table, version: number): Promise<PolicyVersion> {
  if (version === 0) return builtIn;
  const item = await getItem(table, policyKey(version), true);
  if (!item) throw new Error(`policy version ${version} is not stored`);
  return versionOf(item);
}

/** Puts a policy in force as the next version. Of two at once both get a number of their own; the later is in force. */
export async function addPolicy(table: Table, policy: Policy, now: Date): Promise<PolicyVersion> {
  for (;;) {
    // Not read as a policy: one that this release cannot read must not keep sales from setting another.
    const latest = await readLatest(table);
    const version = latest ? (JSON.parse(String(latest.body)) as PolicyVersion).version : builtIn.version;
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
