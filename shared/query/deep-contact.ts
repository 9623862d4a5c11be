import type { HttpEvent } from "../edge/http-handler.ts";
import { notFound } from "../http/problem.ts";
import { type Cycle, currentCycle, withSpent } from "../lead/cycle.ts";
import { bearingOfDays, bearingOn, capsReached, machineReach, windowStart } from "../policy/bearing.ts";
import { type EvaluatedTouch, evaluateTouches } from "../policy/evaluate.ts";
import { readContact } from "../store/contact.ts";
import type { PolicyVersion } from "../store/policies.ts";
import { behind, PersonTouches, placeOf } from "../store/timeline.ts";
import { type Contact, foldContact, judgedTouches, type Person } from "../timeline/contact.ts";
import type { Touch } from "../touchpoint/touch.ts";
import { isIdentifierId } from "../touchpoint/touch-id.ts";
import type { Api } from "./api.ts";
import { pathParameter } from "./request.ts";

/** A contact of whom all is read but the touches, which are read as far as somebody asks for them. */
export interface DeepContact {
  person: Person;
  /** Folded without touches: traits and the order of addresses are not those of the whole. */
  contact: Contact;
  policy: PolicyVersion;
  cycle: Cycle;
  touches: PersonTouches;
  /** Another reading of them, back from a place. */
  touchesBefore: (place: string) => PersonTouches;
}

/** Most contacts have fewer touches than these rows, and are one query. */
const shallowRows = 160;

/**
 * The contact that a path names by any of its identifiers' ids, or a Problem 404.
 * @param start the place before which touches will be asked for
 */
export async function deepContactOfPath(api: Api, event: HttpEvent, start: string): Promise<DeepContact> {
  const id = pathParameter(event, "id");
  const found = isIdentifierId(id) ? await readDeep(api, id, start) : undefined;
  if (!found) throw notFound("contact");
  return found;
}

async function readDeep(api: Api, id: string, start: string): Promise<DeepContact | undefined> {
  const now = api.clock();
  const [policy, read] = await Promise.all([
    api.policy.get(now.getTime()),
    readContact(api.table, id, { only: "shallow", shallowRows }),
  ]);
  if (!read) return undefined;
  const whole = new Map(
    read.partitions.flatMap(({ identifierId, touches, deep }) => (deep ? [] : [[identifierId, touches]])),
  );
  const person = { ...read, partitions: read.partitions.map((one) => ({ ...one, touches: [] })) };
  const contact = foldContact(person, policy.policy);
  const touchesBefore = (place: string) => new PersonTouches(api.table, person, place, now, whole);
  const cycle = currentCycle(person, policy.policy);
  return { person, contact, policy, cycle, touches: touchesBefore(start), touchesBefore };
}

/** What the policy says of some of a contact's touches: the same as if all of them were evaluated. Repeated sendings fall out. */
export async function judgeTouches(
  deep: DeepContact,
  wanted: readonly Touch[],
  now: Date,
): Promise<EvaluatedTouch[]> {
  if (wanted.length === 0) return [];
  const { policy } = deep.policy;
  const times = wanted.map(({ occurredAt }) => occurredAt);
  const places = new Set(wanted.map(placeOf));
  const capped = await judgeCapped(deep, times, places, now);
  if (capped) return capped;
  const span = bearingOn(times, policy, now.toISOString());
  const bearing = await withTwins(deep.touches, span.from, behind(span.to));
  return evaluated(deep, bearing, now).filter(({ touch }) => places.has(placeOf(touch)));
}

/** From the first touch of a window, so many days are read to see whether its caps are used up by then. */
const daysToCaps = [4, 16];

/**
 * The verdicts where all of what is asked about is held back, by a twin of its day or by caps that the beginning of the window
 * used up: what lies between need not be read. Nearly all touches of a contact with very many are.
 * @returns undefined where it takes the whole window to know
 */
async function judgeCapped(
  deep: DeepContact,
  times: readonly string[],
  places: ReadonlySet<string>,
  now: Date,
): Promise<EvaluatedTouch[] | undefined> {
  const { policy } = deep.policy;
  const span = bearingOfDays(times, policy, now.toISOString());
  if (!span) return undefined;
  const start = windowStart(policy, now.toISOString());
  const first = await deep.touches.firstFrom(start);
  if (first === undefined || first >= span.from) return undefined;
  const reach = machineReach(policy);
  for (const days of daysToCaps) {
    const end = new Date(Date.parse(first) + days * 24 * 60 * 60 * 1000).toISOString();
    if (end >= span.from) return undefined;
    const edge = behind(new Date(Date.parse(end) + reach).toISOString());
    const early = await withTwins(
      deep.touchesBefore(edge),
      new Date(Date.parse(start) - reach).toISOString(),
      edge,
    );
    const used = evaluated(deep, early, now).filter(
      ({ touch, counted }) => counted && touch.occurredAt < end,
    );
    const isCapped = capsReached(
      used.map(({ touch }) => touch),
      policy,
    );
    const bearing = await withTwins(deep.touches, span.from, behind(span.to));
    const verdicts = evaluated(deep, [...early, ...bearing], now).filter(({ touch }) =>
      places.has(placeOf(touch)),
    );
    const open = ({ touch, reason }: EvaluatedTouch) =>
      (reason === null || reason === "capped") && !isCapped(touch);
    if (!verdicts.some(open)) return verdicts;
  }
  return undefined;
}

function evaluated(
  { person, contact, policy, cycle }: DeepContact,
  stored: readonly Touch[],
  now: Date,
): EvaluatedTouch[] {
  const verdicts = person.partitions.flatMap((partition) => partition.verdicts);
  const judged = judgedTouches(stored, contact.facts, verdicts, policy.policy);
  const unspent = withSpent(person, judged);
  return evaluateTouches(unspent, policy.policy, now.getTime(), contact.person, cycle.start);
}

/** The contact with the touches from an instant on, judged as they are among all. */
export async function readWindows(deep: DeepContact, from: string, now: Date): Promise<Contact> {
  const { person, policy, touches } = deep;
  const reach = machineReach(policy.policy);
  const earliest = new Date(Date.parse(from) - reach).toISOString();
  const latest = new Date(now.getTime() + reach).toISOString();
  const stored = await withTwins(touches, earliest, behind(latest));
  const partitions = person.partitions.map((partition) => ({
    ...partition,
    touches: stored.filter(({ identifierId }) => identifierId === partition.identifierId),
  }));
  const contact = foldContact({ ...person, partitions }, policy.policy);
  return { ...contact, touches: contact.touches.filter(({ occurredAt }) => occurredAt >= from) };
}

async function withTwins(touches: PersonTouches, from: string, to: string): Promise<Touch[]> {
  const stored = await touches.between(from, to);
  return [...stored, ...(await touches.twinsOf(stored, from))];
}
