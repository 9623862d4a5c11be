import { failureOf, isOutage } from "../observe/failure.ts";
import { logger } from "../observe/observe.ts";
import { readFrom } from "../policy/evaluate.ts";
import type { Policy } from "../policy/policy.ts";
import { companyDomain } from "../touchpoint/company-domain.ts";
import { readContact } from "./contact.ts";
import { eachOf } from "./each-of.ts";
import { type JudgedContact, judgeWhole, readJudgedContact } from "./judged-contact.ts";
import type { Table } from "./table.ts";

/** Contacts read at once. */
const concurrency = 16;

/**
 * Addresses of one account that are read together, at most. Of a larger account those with the smallest ids are; what its others
 * did is in no sum.
 */
export const mostAddresses = 1_000;

/** A contact of an account as it stands under a policy. */
export interface AccountMember extends JudgedContact {
  /** Its addresses at the company, by id, sorted. */
  addresses: string[];
}

/** How the contacts of an account are read. */
export interface MembersReading {
  policy: Policy;
  /** Where the window ends, ISO 8601. */
  now: string;
  /** Addresses whose contacts are judged as a whole; the others by the windows that count, and they seem to have no other touches. */
  whole?: ReadonlySet<string>;
}

/**
 * The contacts behind addresses of a company, each once, by id. Who no longer has the address is left out, and so is, reported, who
 * cannot be folded: one must not hide the colleagues.
 * @param ids identifierIds, as `readAccount` tells them
 */
export async function readMembers(
  table: Table,
  domain: string,
  ids: readonly string[],
  reading: MembersReading,
): Promise<AccountMember[]> {
  const members = new Map<string, AccountMember>();
  await eachOf(ids, concurrency, async (id) => {
    const whole = reading.whole?.has(id) ?? false;
    try {
      const member = await readMember(table, domain, id, reading, whole);
      // Of two addresses of one contact, that which was read whole tells more.
      if (member && (whole || !members.has(member.contact.contactId)))
        members.set(member.contact.contactId, member);
    } catch (error) {
      if (!(error instanceof Error) || isOutage(error)) throw error;
      logger.error("fold failed", { identifierId: id, ...failureOf(error) });
    }
  });
  return [...members.values()].sort((a, b) => (a.contact.contactId < b.contact.contactId ? -1 : 1));
}

async function readMember(
  table: Table,
  domain: string,
  id: string,
  { policy, now }: MembersReading,
  whole: boolean,
): Promise<AccountMember | undefined> {
  const member = whole
    ? await readJudgedContact(table, id, { policy, now: new Date(now) })
    : await readRecent(table, id, policy, now);
  if (!member) return undefined;
  const addresses = member.contact.identifiers
    .filter(({ type, value }) => type === "email" && companyDomain(value) === domain)
    .map(({ identifierId }) => identifierId)
    .sort();
  if (!addresses.includes(id)) return undefined;
  return { ...member, addresses };
}

async function readRecent(
  table: Table,
  id: string,
  policy: Policy,
  now: string,
): Promise<JudgedContact | undefined> {
  const person = await readContact(table, id, { from: readFrom(policy, now) });
  return person && judgeWhole(person, policy, new Date(now));
}
