import "./quiet.ts";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Source } from "../../shared/access/source.ts";
import { takeIn } from "../../shared/ingest/intake.ts";
import { evaluate } from "../../shared/policy/evaluate.ts";
import type { Policy } from "../../shared/policy/policy.ts";
import { readActive } from "../../shared/store/active.ts";
import { readPerson } from "../../shared/store/person.ts";
import { foldContact } from "../../shared/timeline/contact.ts";
import { acceptTouchpoint } from "../../shared/touchpoint/accept.ts";
import { identifierIds } from "../../shared/touchpoint/identifier.ts";
import type { Touch, TouchpointInput } from "../../shared/touchpoint/touch.ts";
import { oracleEvaluate, oracleFold } from "../shared/policy/oracle.ts";
import { arbitraryPolicy } from "../shared/policy/touches.ts";
import { Processor } from "./pump.ts";
import { arbitraryFault, holds, lawTimeout } from "./runs.ts";
import { type Fault, Worker } from "./worker.ts";
import { type Database, intakeOf, namespace, openWorld, startDatabase, type World } from "./world.ts";

let database: Database;
beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.close());

const start = "2026-03-20T12:00:00.000Z";
const minute = 60_000;
const source: Source = { v: 1, id: "crm", type: "server", createdAt: start };

/** What one sender sends in one request, and how many minutes after the start. */
interface Request {
  items: TouchpointInput[];
  at: number;
}

/** One delivery of a request: at its time, or again later as a client library does it, with a new `sentAt`. */
interface Sending {
  request: number;
  /** Minutes after the first delivery; 0 is the first. */
  later: number;
  /** Each item in a message of its own. */
  singly: boolean;
  /** The queue has it, but the sender never hears so. */
  answerLost: boolean;
}

interface Disturbance {
  sendings: Sending[];
  batches: { most: number; fault: Fault | undefined }[];
}

const person = fc.constantFrom<TouchpointInput["identifiers"]>(
  { email: "ada@buyer.example" },
  { email: "Ada@Buyer.example", crm: "salesforce:00Q5f00000ABCDE" },
  { crm: "salesforce:00Q5f00000ABCDE" },
  { email: "info@buyer.example", anonymous: "browser-1" },
  { anonymous: "browser-1" },
);

/** Items that meet in every way: ids used twice, for the same and for other content, with and without times. */
const arbitraryItem: fc.Arbitrary<TouchpointInput> = fc
  .record({
    id: fc.option(
      fc.integer({ min: 0, max: 5 }).map((id) => `m-${id}`),
      { nil: undefined, freq: 6 },
    ),
    hours: fc.option(fc.integer({ min: -200, max: 2 }), { nil: undefined, freq: 4 }),
    channel: fc.constantFrom("form", "check_in", "email_click"),
    identifiers: person,
    campaign: fc.constantFrom(undefined, { id: "c1" }, { name: "Spring Sale" }),
    traits: fc.constantFrom(undefined, { firstName: "Ada" }, { firstName: "A.", company: "Buyer" }),
  })
  .map(({ id, hours, channel, identifiers, campaign, traits }) => ({
    // An item with neither id nor time is another touch at every acceptance: no two runs can have the same.
    id: id ?? (hours === undefined ? "m-0" : undefined),
    occurredAt:
      hours === undefined ? undefined : new Date(Date.parse(start) + hours * 60 * minute).toISOString(),
    channel: channel as TouchpointInput["channel"],
    identifiers,
    ...(campaign && { campaign }),
    ...(traits && { traits }),
  }));

const arbitraryRequests: fc.Arbitrary<Request[]> = fc.array(
  fc.record({ items: fc.array(arbitraryItem, { minLength: 1, maxLength: 5 }), at: fc.nat(120) }),
  { minLength: 1, maxLength: 6 },
);

const arbitraryDisturbance = (requests: number): fc.Arbitrary<Disturbance> => {
  const how = { singly: fc.boolean(), answerLost: fc.boolean() };
  const first = fc.tuple(
    ...Array.from({ length: requests }, (_, request) =>
      fc.record({ request: fc.constant(request), later: fc.constant(0), ...how }),
    ),
  );
  const again = fc.array(
    fc.record({ request: fc.nat(requests - 1), later: fc.integer({ min: 1, max: 600 }), ...how }),
    { maxLength: 4 },
  );
  return fc.tuple(first, again).chain(([originals, resends]) => {
    const all = [...originals, ...resends];
    return fc.record({
      sendings: fc.shuffledSubarray(all, { minLength: all.length }),
      batches: fc.array(fc.record({ most: fc.integer({ min: 1, max: 10 }), fault: arbitraryFault(4) }), {
        maxLength: 4,
      }),
    });
  });
};

const arbitraryHistory = arbitraryRequests.chain((requests) =>
  fc.record({
    requests: fc.constant(requests),
    disturbance: arbitraryDisturbance(requests.length),
    policy: arbitraryPolicy,
  }),
);

/** Sends and processes, disturbed as told, until the queue is empty. */
async function happen(
  world: World,
  requests: readonly Request[],
  { sendings, batches }: Disturbance,
): Promise<void> {
  const intake = intakeOf(world);
  await intake.secrets.namespace();
  for (const { request, later, singly, answerLost } of sendings) {
    const { items, at } = requests[request]!;
    const now = new Date(Date.parse(start) + (at + later) * minute);
    const sent = later > 0 ? items.map((item) => ({ ...item, sentAt: now.toISOString() })) : items;
    for (const part of singly ? sent.map((item) => [item]) : [sent]) {
      const candidates = part.map((item) => ({ item, touchpoint: item }));
      const worker = new Worker(answerLost ? { kind: "dies", at: 0, sent: true } : undefined);
      await worker.run(() => takeIn(intake, candidates, { source, route: "touchpoints", scope: "", now }));
    }
  }
  const processor = new Processor(world);
  for (const { most, fault } of batches) await processor.batch(most, () => fault);
  while (await processor.batch());
}

const undisturbed = (requests: readonly Request[]): Disturbance => ({
  sendings: requests.map((_, request) => ({ request, later: 0, singly: true, answerLost: false })),
  batches: Array.from({ length: 40 }, () => ({ most: 1, fault: undefined })),
});

const withoutArrival = <T extends Touch>({ receivedAt: _, ...touch }: T): Omit<T, "receivedAt"> => touch;
const judged = ({ touches, ...rest }: ReturnType<typeof evaluate>) => ({
  ...rest,
  touches: touches.map(({ touch, ...verdict }) => ({ ...verdict, touch: withoutArrival(touch) })),
});
const end = Date.parse(start) + 24 * 60 * minute;

/** All that can be seen of a contact. */
async function seen(world: World, id: string, policy: Policy) {
  const partition = await readPerson(world.table, id, { consistent: true });
  const { touches, ...contact } = foldContact(partition);
  const firstSeen = new Map<string, string>();
  for (const { other, hour } of partition.links) {
    if (!(firstSeen.get(other)! <= hour)) firstSeen.set(other, hour);
  }
  return {
    ...contact,
    firstSeen,
    timeline: touches.map(withoutArrival),
    evaluation: judged(evaluate(touches, policy, end, contact.person)),
  };
}

describe("permutation", () => {
  test(
    "any order, batching, resend and crash of one set of events makes the same contacts, as brute force does",
    () =>
      holds(
        arbitraryHistory,
        { runs: 30, milliseconds: 18_000 },
        async ({ requests, disturbance, policy }) => {
          const accepted = requests.flatMap(({ items, at }) => items.map((item) => acceptedAs(item, at)));
          const ids = new Set(
            accepted.flatMap((touch) => identifierIds(namespace, touch.identifiers).map(([, id]) => id)),
          );
          const plain = await openWorld(database, start);
          const disturbed = await openWorld(database, start);
          try {
            await happen(plain, requests, undisturbed(requests));
            await happen(disturbed, requests, disturbance);
            for (const id of ids) {
              const contact = await seen(disturbed, id, policy);
              expect(contact).toEqual(await seen(plain, id, policy));

              const timeline = oracleFold(accepted.filter(({ identifierId }) => identifierId === id));
              expect(contact.timeline).toEqual(timeline.map(withoutArrival));
              expect(contact.evaluation).toEqual(
                judged(oracleEvaluate(timeline, policy, end, contact.person)),
              );
            }
            expect(await readActive(disturbed.table, [start.slice(0, 10)])).toEqual([...ids].sort());
            expect(Object.values(disturbed.depths()).filter((held) => held > 0)).toEqual([]);
          } finally {
            await Promise.all([plain.close(), disturbed.close()]);
          }
        },
      ),
    lawTimeout,
  );
});

/** The touch that the first delivery of an item makes. */
function acceptedAs(item: TouchpointInput, at: number): Touch {
  const receivedAt = new Date(Date.parse(start) + at * minute).toISOString();
  const result = acceptTouchpoint(item, item, {
    source: source.id,
    sourceType: source.type,
    route: "touchpoints",
    scope: "",
    receivedAt,
    namespace,
    freshId: "none",
  });
  if ("refusal" in result) throw new Error(result.refusal.detail);
  return result.fact.touch;
}
