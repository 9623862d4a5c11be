import { type Cycle, currentCycle, evaluateCycle } from "../lead/cycle.ts";
import { machineReach } from "../policy/bearing.ts";
import { type Evaluation, readFrom } from "../policy/evaluate.ts";
import type { Policy } from "../policy/policy.ts";
import type { NotedField } from "../table/touch-item.ts";
import { type Contact, foldContact, type Person } from "../timeline/contact.ts";
import type { ProfileField } from "../timeline/profile.ts";
import { traitsSchema } from "../touchpoint/touch.ts";
import { readContact } from "./contact.ts";
import { DeepTouches, type Question } from "./deep-touches.ts";
import type { Table } from "./table.ts";

/** A contact as it stands under a policy, with what its touches add up to. */
export interface JudgedContact {
  person: Person;
  /** Of a contact with very many touches it holds some of them; all else is that of the whole. */
  contact: Contact;
  cycle: Cycle;
  /** Its sums and when it qualified. Of a contact with very many touches it holds those of the windows that count. */
  evaluation: Evaluation;
  /** How many touches there are, those in conflict among them. */
  touches: number;
  firstTouchAt: string | null;
  lastTouchAt: string | null;
}

export interface JudgedReading {
  policy: Policy;
  now: Date;
  /** Sees what was just put. */
  consistent?: boolean | undefined;
  /** Touches in a stretch that is kept. */
  stretch?: number | undefined;
}

/**
 * Reads the contact that an identifier belongs to and judges it: what to fold all its touches would say, of a contact with a hundred
 * thousand of them too. Most are one query.
 * @returns undefined where nothing is known of the identifier
 */
export async function readJudgedContact(
  table: Table,
  identifierId: string,
  reading: JudgedReading,
): Promise<JudgedContact | undefined> {
  const person = await readShallow(table, identifierId, reading.consistent);
  return person && judgePerson(table, person, reading);
}

/** Reads a person for `judgePerson`. */
export const readShallow = (
  table: Table,
  identifierId: string,
  consistent?: boolean,
): Promise<Person | undefined> => readContact(table, identifierId, { consistent, only: "shallow" });

/** Judges a person as `readShallow` tells them: reads on where touches were left out. */
export const judgePerson = async (
  table: Table,
  person: Person,
  reading: JudgedReading,
): Promise<JudgedContact> =>
  person.partitions.some(({ deep }) => deep)
    ? judgeDeep(table, person, reading)
    : judgeWhole(person, reading.policy, reading.now);

/** Judges a contact all of whose touches are read. */
export function judgeWhole(person: Person, policy: Policy, now: Date): JudgedContact {
  const contact = foldContact(person, policy);
  const cycle = currentCycle(person, policy);
  return {
    person,
    contact,
    cycle,
    evaluation: evaluateCycle(person, contact, policy, now.getTime(), cycle),
    touches: contact.touches.length,
    firstTouchAt: contact.touches[0]?.occurredAt ?? null,
    lastTouchAt: contact.touches.at(-1)?.occurredAt ?? null,
  };
}

async function judgeDeep(
  table: Table,
  person: Person,
  { policy, now, consistent, stretch }: JudgedReading,
): Promise<JudgedContact> {
  const start = readFrom(policy, now.getTime());
  const from = new Date(Date.parse(start) - machineReach(policy)).toISOString();
  const touches = await DeepTouches.open(table, person, { from, now, consistent, length: stretch });
  let contact = foldRead(person, touches, policy);
  while (await touches.readFor(questionsOf(contact))) contact = foldRead(person, touches, policy);
  const cycle = currentCycle(person, policy);
  const windows = contact.touches.filter(({ occurredAt }) => occurredAt >= start);
  return {
    person,
    contact,
    cycle,
    evaluation: evaluateCycle(person, { ...contact, touches: windows }, policy, now.getTime(), cycle),
    touches: touches.count,
    firstTouchAt: touches.first ?? null,
    lastTouchAt: contact.touches.at(-1)?.occurredAt ?? null,
  };
}

function foldRead(person: Person, { read }: DeepTouches, policy: Policy): Contact {
  const partitions = person.partitions.map((partition) => ({
    ...partition,
    touches: read.filter(({ identifierId }) => identifierId === partition.identifierId),
  }));
  return foldContact({ ...person, partitions }, policy);
}

const traitNames = Object.keys(traitsSchema.shape) as Exclude<NotedField, "email">[];

/** What an older touch could still tell: the newest touch there is, each trait, and which of several addresses was last used. */
function questionsOf({ touches, profile, identifiers }: Contact): Question[] {
  const timeOf = (field: ProfileField | undefined) => field?.occurredAt ?? "";
  const emails = identifiers.filter(({ type }) => type === "email");
  return [
    { than: touches.at(-1)?.occurredAt ?? "" },
    ...traitNames.map((field) => ({ field, than: timeOf(profile[field]) })),
    ...(emails.length < 2 ? [] : emails).map(({ identifierId, value }) => ({
      field: "email" as const,
      identifierId,
      than: touches.findLast(({ identifiers: { email } }) => email === value)?.occurredAt ?? "",
    })),
  ];
}
