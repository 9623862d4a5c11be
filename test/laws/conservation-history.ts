import * as fc from "fast-check";
import type { QuarantineFact } from "../../shared/touchpoint/message.ts";
import type { TouchpointInput } from "../../shared/touchpoint/touch.ts";
import { arbitraryFault } from "./runs.ts";
import type { Fault } from "./worker.ts";

/** An item as it is sent, and whether it must be taken or refused. */
export interface SentItem {
  item: TouchpointInput & { oops?: string };
  usable: boolean;
  /** How long a text it carries besides. */
  padding?: number;
}

/** What arrives, by any way. */
export type Arrival =
  /** A request, sent until its sender hears what became of it; the first tries meet faults. */
  | { kind: "request"; items: SentItem[]; faults: Fault[] }
  | { kind: "honeypot"; fact: QuarantineFact }
  /** A message that no reader understands. */
  | { kind: "poison"; body: string }
  /** A message that ends every process that tries to write it. */
  | { kind: "killer"; item: TouchpointInput };

export interface History {
  arrivals: Arrival[];
  batches: { most: number; fault: Fault | undefined }[];
  burials: (Fault | undefined)[];
}

export const killerText = "this kills whoever writes it";

const usual = { occurredAt: "2026-03-20T10:00:00Z", channel: "form" as const };

const usable = fc
  .record({
    id: fc.option(
      fc.integer({ min: 0, max: 30 }).map((id) => `m-${id}`),
      { nil: undefined, freq: 4 },
    ),
    person: fc.nat(60),
    minute: fc.integer({ min: 10, max: 59 }),
  })
  .map(
    ({ id, person, minute }): SentItem => ({
      item: {
        ...usual,
        id,
        identifiers: { email: `person-${person}@buyer.example` },
        occurredAt: `2026-03-20T10:${minute}:00Z`,
      },
      usable: true,
    }),
  );

const unusable = fc.constantFrom<SentItem>(
  { item: { ...usual, identifiers: {} }, usable: false },
  { item: { ...usual, identifiers: { email: "no address" } }, usable: false },
  { item: { ...usual, identifiers: { email: "ada@buyer.example" }, occurredAt: "yesterday" }, usable: false },
  { item: { ...usual, identifiers: { email: "ada@buyer.example" }, oops: "not a field" }, usable: false },
  { item: { ...usual, identifiers: { email: "ada@buyer.example" } }, usable: false, padding: 40_000 },
);

const items = fc.array(fc.oneof({ weight: 6, arbitrary: usable }, { weight: 1, arbitrary: unusable }), {
  minLength: 1,
  maxLength: 30,
});

/** So large that a request of them is several messages. */
const bulky = fc.integer({ min: 9, max: 30 }).map((count) =>
  Array.from(
    { length: count },
    (_, index): SentItem => ({
      item: {
        ...usual,
        id: `bulky-${count}-${index}`,
        identifiers: { email: `person-${index % 3}@buyer.example` },
        properties: { text: "x".repeat(31_000) },
      },
      usable: true,
    }),
  ),
);

const queueFault = fc.oneof(
  fc.record({
    kind: fc.constant("throttled" as const),
    batches: fc.integer({ min: 1, max: 2 }),
    keep: fc.nat(2),
  }),
  fc.record({ kind: fc.constant("dies" as const), at: fc.nat(1), sent: fc.boolean() }),
);

const arbitraryArrival: fc.Arbitrary<Arrival> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("request" as const),
      items: fc.oneof({ weight: 3, arbitrary: items }, { weight: 1, arbitrary: bulky }),
      faults: fc.array(queueFault, { maxLength: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.uuid().map((id) => ({
      kind: "honeypot" as const,
      fact: {
        kind: "quarantine" as const,
        id,
        source: "website",
        route: "forms",
        reason: "honeypot" as const,
        receivedAt: "2026-03-20T10:00:00.000Z",
        contentType: "application/json",
        raw: Buffer.from(`{"_gotcha":"${id}"}`).toString("base64"),
      },
    })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          "no JSON",
          '{"v":2,"facts":[],',
          '{"v":1,"facts":[{"kind":"letter"}],',
          '{"v":1,"facts":[{"kind":"touch"}],',
        ),
        fc.uuid(),
      )
      .map(([start, id]) => ({
        kind: "poison" as const,
        body: start.startsWith("{") ? `${start}"id":"${id}"}` : `${start} ${id}`,
      })),
  },
  {
    weight: 1,
    arbitrary: fc.uuid().map((id) => ({
      kind: "killer" as const,
      item: {
        ...usual,
        id,
        identifiers: { email: "mallory@buyer.example" },
        properties: { text: killerText },
      },
    })),
  },
);

export const arbitraryHistory: fc.Arbitrary<History> = fc.record({
  arrivals: fc.array(arbitraryArrival, { minLength: 1, maxLength: 8 }),
  batches: fc.array(fc.record({ most: fc.integer({ min: 1, max: 10 }), fault: arbitraryFault(6) }), {
    maxLength: 8,
  }),
  burials: fc.array(arbitraryFault(4), { maxLength: 4 }),
});
