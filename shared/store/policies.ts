import { defaultPolicy, type Policy, parsePolicy } from "../policy/policy.ts";
import type { Approval, PolicyOrigin } from "../policy/policy-life.ts";
import { approvalKey, approvalPrefix, partitions, policyKey, policyPrefix } from "../table/keys.ts";
import { Cached } from "./cached.ts";
import {
  getItem,
  type Item,
  type Page,
  putFirst,
  queryAll,
  queryPage,
  type Range,
  type Table,
} from "./table.ts";

/** A version of the policy. Version 0 is the built-in default, in force until sales approves its own. */
export interface PolicyVersion {
  v: 1;
  version: number;
  policy: Policy;
  /** When it came into force, ISO 8601; null for the built-in one, and for a version that is read by its number. */
  from: string | null;
}

/** A version as it is stored. An earlier release put each in force where it made it: `from` says when. */
interface StoredVersion {
  v: 1;
  version: number;
  policy: unknown;
  from: string | null;
  madeAt?: string;
  madeBy?: string | null;
}

const builtIn: PolicyVersion = { v: 1, version: 0, policy: defaultPolicy, from: null };

/** A version is no policy to this release: to judge by half of one would be worse than not to judge. */
export class PolicyUnreadable extends Error {
  constructor(version: number, fields: readonly string[]) {
    super(`policy version ${version} cannot be read: ${fields.join(", ")}`);
    this.name = "PolicyUnreadable";
  }
}

/** What was read last: a policy is read far more often than it changes, and to parse it costs more than to read it. */
let last: { body: string; stored: StoredVersion; policy?: Policy } | undefined;

function storedOf(item: Item): StoredVersion {
  const body = String(item.body);
  if (last?.body !== body) last = { body, stored: JSON.parse(body) as StoredVersion };
  return last.stored;
}

/** The policy of a stored version. One that an earlier release stored lacks the fields that came later: they have their defaults. */
function policyOf(stored: StoredVersion): Policy {
  const known = last?.stored === stored ? last : undefined;
  if (known?.policy) return known.policy;
  const result = parsePolicy(stored.policy);
  if ("policy" in result) {
    if (known) known.policy = result.policy;
    return result.policy;
  }
  throw new PolicyUnreadable(
    stored.version,
    result.issues.map(({ field }) => field),
  );
}

/** A version's item, by its key; undefined where there is none. */
async function readStored(table: Table, version: number): Promise<StoredVersion | undefined> {
  const item = await getItem(table, policyKey(version), true);
  return item && storedOf(item);
}

/** The number of the latest version, 0 before sales has made one. Not read as a policy: one that cannot be one must not keep sales from another. */
export async function readLatestVersion(table: Table): Promise<number> {
  const range = { beginsWith: policyPrefix, descending: true, limit: 1, consistent: true };
  const { items } = await queryPage(table, partitions.config, range);
  return items[0] ? storedOf(items[0]).version : builtIn.version;
}

/** One version, for what was decided under it; undefined where there is none. */
export async function findPolicyVersion(table: Table, version: number): Promise<PolicyVersion | undefined> {
  if (version === builtIn.version) return builtIn;
  const stored = await readStored(table, version);
  return stored && { v: 1, version, policy: policyOf(stored), from: stored.from };
}

/** One version that there is. */
export async function readPolicyVersion(table: Table, version: number): Promise<PolicyVersion> {
  const found = await findPolicyVersion(table, version);
  if (!found) throw new Error(`policy version ${version} is not stored`);
  return found;
}

/** Who made a version, and when; undefined where there is none. */
export async function readPolicyOrigin(table: Table, version: number): Promise<PolicyOrigin | undefined> {
  if (version === builtIn.version) return { version, madeAt: null, madeBy: null, unapprovedFrom: null };
  const stored = await readStored(table, version);
  if (!stored) return undefined;
  const { from, madeAt = from, madeBy = null } = stored;
  return { version, madeAt, madeBy, ...(from === null ? {} : { unapprovedFrom: from }) };
}

const approvalOf = (item: Item): Approval => JSON.parse(String(item.body)) as Approval;

/** Every approval there ever was. */
export const readApprovals = async (table: Table): Promise<Approval[]> =>
  (await queryAll(table, partitions.config, { beginsWith: approvalPrefix, consistent: true })).map(
    approvalOf,
  );

async function readLastApproval(
  table: Table,
  range: Pick<Range, "from" | "to" | "beginsWith">,
): Promise<Approval | undefined> {
  const last = { ...range, descending: true, limit: 1, consistent: true };
  const { items } = await queryPage(table, partitions.config, last);
  return items[0] && approvalOf(items[0]);
}

/** The policy in force at a moment: of what was approved from then or earlier the last, else what an earlier release put in force. */
export async function readPolicy(table: Table, now: Date): Promise<PolicyVersion> {
  const approval = await readLastApproval(table, {
    from: approvalPrefix,
    to: `${approvalPrefix}${now.toISOString()}#~`,
  });
  if (!approval) return readUnapproved(table);
  const { version, from } = approval;
  return { ...(await readPolicyVersion(table, version)), from };
}

/** The latest version that an earlier release put in force, else the built-in one. */
async function readUnapproved(table: Table): Promise<PolicyVersion> {
  let after: Page["last"];
  do {
    const range = { beginsWith: policyPrefix, descending: true, consistent: true, after };
    const page = await queryPage(table, partitions.config, range);
    const stored = page.items.map(storedOf).find(({ from }) => from !== null);
    if (stored) return { v: 1, version: stored.version, policy: policyOf(stored), from: stored.from };
    after = page.last;
  } while (after);
  return builtIn;
}

/** Keeps a policy as the next version, a draft: it changes nothing. Of two at once both get a number of their own. @param by the id of the key */
export async function addDraft(
  table: Table,
  policy: Policy,
  now: Date,
  by: string | null,
): Promise<PolicyOrigin> {
  const madeAt = now.toISOString();
  for (;;) {
    const version = (await readLatestVersion(table)) + 1;
    const stored: StoredVersion = { v: 1, version, policy, from: null, madeAt, madeBy: by };
    if (await putFirst(table, { ...policyKey(version), body: JSON.stringify(stored) }))
      return { version, madeAt, madeBy: by };
  }
}

/**
 * Puts a version in force from a moment on, which must not have passed: what was decided before stands as it was. Of several from one
 * moment the one approved last is in force; so is, of those that are put in force at once, the one put last, whatever the clocks say.
 * @param now when it is approved
 */
export async function approvePolicy(
  table: Table,
  { version, from, by, comment }: Pick<Approval, "version" | "by" | "comment"> & { from: Date },
  now: Date,
): Promise<Approval> {
  const start = from > now ? from.toISOString() : await startOfNow(table, from.toISOString());
  for (;;) {
    const last = await readLastApproval(table, { beginsWith: `${approvalPrefix}${start}#` });
    // Behind what was approved before, though the clock says the same or less: neither word is lost, and this is the later.
    const at = new Date(Math.max(now.getTime(), last ? Date.parse(last.at) + 1 : 0)).toISOString();
    const approval: Approval = { v: 1, version, from: start, at, by, comment };
    const key = approvalKey(start, at, version);
    if (await putFirst(table, { ...key, body: JSON.stringify(approval) })) return approval;
  }
}

/** From when on a policy is in force that is put in force at once: not before another that was, by a clock that is ahead of this one. */
async function startOfNow(table: Table, now: string): Promise<string> {
  const ahead = (await readApprovals(table)).filter(({ from, at }) => from <= at && from > now);
  return ahead.reduce((latest, { from }) => (from > latest ? from : latest), now);
}

/** Puts a policy in force now, as the next version. */
export async function addPolicy(
  table: Table,
  policy: Policy,
  now: Date,
  by: string | null = null,
): Promise<PolicyVersion> {
  const { version } = await addDraft(table, policy, now, by);
  const { from } = await approvePolicy(table, { version, from: now, by, comment: null }, now);
  return { v: 1, version, policy, from };
}

/**
 * The policy in force, read again after a second: what a page of a timeline costs is then its touches. So an answer may
 * tell the policy before for a second after a new one has come into force.
 */
export const cachedPolicy = (table: Table): Cached<PolicyVersion> =>
  new Cached((now) => readPolicy(table, new Date(now)), 1_000);
