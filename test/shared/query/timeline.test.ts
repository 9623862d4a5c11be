import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import type { HttpEvent } from "../../../shared/edge/http-handler.ts";
import { currentCycle } from "../../../shared/lead/cycle.ts";
import { evaluate, readFrom } from "../../../shared/policy/evaluate.ts";
import { defaultPolicy, type Policy } from "../../../shared/policy/policy.ts";
import type { Api } from "../../../shared/query/api.ts";
import { consentView } from "../../../shared/query/consent-view.ts";
import { judgeTouches, readWindows } from "../../../shared/query/deep-contact.ts";
import { getEvidence, getTimeline, touchView } from "../../../shared/query/timeline.ts";
import { Cached } from "../../../shared/store/cached.ts";
import { readContact } from "../../../shared/store/contact.ts";
import { deleteItem } from "../../../shared/store/table.ts";
import { behind, PersonTouches, placeOf } from "../../../shared/store/timeline.ts";
import { digestPrefixes, identifierKey } from "../../../shared/table/keys.ts";
import { consentItems } from "../../../shared/timeline/consents.ts";
import { foldContact } from "../../../shared/timeline/contact.ts";
import { MemoryTable } from "../../laws/memory-table.ts";
import { openMemoryWorld } from "../../laws/memory-world.ts";
import { holds, lawTimeout } from "../../laws/runs.ts";
import { nightOf, type World } from "../../laws/world.ts";
import {
  type Arrival,
  account,
  ada,
  arbitraryHistory,
  arrive,
  browser,
  home,
  tell,
  touchId,
} from "./timeline-history.ts";

const apiOf = (world: World, policy: Policy): Api =>
  ({
    ...nightOf(world),
    policy: new Cached(async () => ({ v: 1, version: 1, policy, from: null }), Number.POSITIVE_INFINITY),
  }) as Api;

const asked = (contact: string, query: Record<string, string>): HttpEvent =>
  ({ pathParameters: { id: contact }, queryStringParameters: query }) as unknown as HttpEvent;

const answered = (answer: { body?: string | undefined }) => JSON.parse(answer.body ?? "null");

/** Every page of a list, one after the other. */
async function pages(
  read: (cursor: Record<string, string>) => Promise<{ body?: string | undefined }>,
  field: "items" | "touches",
): Promise<unknown[]> {
  const items: unknown[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < 400; page++) {
    const answer = answered(await read(cursor === null ? {} : { cursor }));
    items.push(...answer[field]);
    cursor = answer.next;
    if (cursor === null) return items;
  }
  throw new Error("the pages do not end");
}

/** The whole contact, read and folded whole. */
async function wholeContact(api: Api, policy: Policy, start: string) {
  const person = await readContact(api.table, start);
  if (!person) return undefined;
  const contact = foldContact(person, policy);
  return { contact, evaluation: evaluate(contact.touches, policy, api.clock().getTime(), contact.person) };
}

async function worldOf(page: number, start: Date): Promise<World> {
  const world = await openMemoryWorld(start.toISOString());
  const client: DynamoDBClient = new MemoryTable(page).client();
  return { ...world, table: { client, name: "touchpoints" }, clock: () => start };
}

describe("the pages of a timeline are the evaluation of all of it", () => {
  test(
    "whatever repeats, contradicts, overrules or excludes, and however it is filtered and cut",
    () =>
      holds(arbitraryHistory, { runs: 250, milliseconds: 8_000 }, async (history) => {
        const { arrivals, late, policy, limit, query, page } = history;
        let now = new Date(history.now);
        const world = { ...(await worldOf(page, now)), clock: () => now };
        const api = apiOf(world, policy);
        const compare = async () => {
          for (const start of [ada, account, browser, home]) {
            const whole = await wholeContact(api, policy, start);
            if (!whole) continue;
            const from = query.from && new Date(query.from).toISOString();
            const to = query.to && (query.to.length === 10 ? `${query.to}T23:59:59.999Z` : query.to);
            const inTime = (at: string) => (!from || at >= from) && (!to || at <= to);
            const expected = [
              ...whole.evaluation.touches
                .filter(
                  ({ touch, counted }) =>
                    inTime(touch.occurredAt) &&
                    (!query.channel || touch.channel === query.channel) &&
                    (!query.counted || String(counted) === query.counted) &&
                    (!query.campaign ||
                      touch.campaign?.id === query.campaign ||
                      (query.campaign === "spring-sale" && touch.campaign?.name === "Spring Sale")),
                )
                .map((one) => ({ place: placeOf(one.touch), item: { type: "touch", ...touchView(one) } })),
              ...(query.channel || query.counted || query.campaign
                ? []
                : consentItems(whole.contact.facts)
                    .filter(({ occurredAt }) => inTime(occurredAt) && occurredAt <= now.toISOString())
                    .map((one) => ({
                      place: placeOf({ ...one, touchId: one.factId }),
                      item: consentView(one),
                    }))),
            ]
              .sort((a, b) => (a.place < b.place ? 1 : -1))
              .map(({ item }) => JSON.parse(JSON.stringify(item)));
            const paged = await pages(
              (cursor) => getTimeline(api, asked(start, { ...query, limit: String(limit), ...cursor })),
              "items",
            );
            expect(paged).toEqual(expected);
          }
        };
        await arrive(world.table, arrivals, now);
        await tell(world.table, history, now);
        await compare();
        now = new Date(now.getTime() + history.pause * 60_000);
        await arrive(world.table, late, now);
        await compare();
      }),
    lawTimeout,
  );

  test(
    "with what is kept of the past fresh, stale, partly deleted or absent",
    () =>
      holds(arbitraryHistory, { runs: 250, milliseconds: 8_000 }, async (history) => {
        const { arrivals, late, policy } = history;
        let now = new Date(history.now);
        const { table } = await worldOf(history.page, now);
        const compare = async () => {
          const person = await readContact(table, ada);
          if (!person) return;
          const whole = foldContact(person, policy);
          const expected = evaluate(whole.touches, policy, now.getTime(), whole.person);
          const bare = (await readContact(table, ada, { only: "facts" }))!;
          const start = behind(now.toISOString());
          // Those of some partitions are there already, as they are where there are few.
          const known = new Map(
            person.partitions
              .filter((_, index) => (history.page + index) % 2 === 0)
              .map(({ identifierId, touches }) => [identifierId, touches]),
          );
          const touchesBefore = (place: string) => new PersonTouches(table, bare, place, now, known, 3);
          const touches = touchesBefore(start);
          const contact = foldContact(bare, policy);
          const deep = {
            person: bare,
            contact,
            policy: { v: 1 as const, version: 1, policy, from: null },
            cycle: currentCycle(bare, policy),
            touches,
            touchesBefore,
          };
          const found = [];
          for (let before = start; before > ""; ) {
            const newest = await touches.newest(before, "", 2);
            found.push(...(await judgeTouches(deep, newest.touches, now)));
            before = newest.low;
          }
          found.sort((a, b) => (placeOf(a.touch) < placeOf(b.touch) ? -1 : 1));
          expect(found).toEqual(expected.touches);

          const from = readFrom(policy, now.getTime());
          const again = new PersonTouches(table, bare, start, now, known, 3);
          const windows = await readWindows({ ...deep, touches: again }, from, now);
          const evaluation = evaluate(windows.touches, policy, now.getTime(), windows.person);
          expect(evaluation).toEqual({
            ...expected,
            touches: expected.touches.filter(({ touch }) => touch.occurredAt >= from),
          });
        };
        await arrive(table, arrivals, now);
        await compare();
        now = new Date(now.getTime() + history.pause * 60_000);
        await arrive(table, late, now);
        await compare();
        now = new Date(now.getTime() + history.pause * 60_000);
        await compare();
        for (const { touch } of arrivals.slice(0, 20)) {
          const sk = `${digestPrefixes.stretch}${placeOf(touch)}`;
          await deleteItem(table, { pk: identifierKey(touch.identifierId).pk, sk });
        }
        await compare();
      }),
    lawTimeout,
  );
});

describe("evidence", () => {
  test("tells the sums of all its touches on every page, and since when they are", async () => {
    const now = new Date("2026-11-21T10:00:00.000Z");
    const world = await worldOf(100, now);
    const arrivals = Array.from({ length: 30 }, (_, day): Arrival => {
      const occurredAt = new Date(now.getTime() - day * 30 * 24 * 60 * 60_000).toISOString();
      const touch = {
        identifierId: ada,
        touchId: touchId(day),
        hash16: "aaaaaaaaaaaaaaaa",
        channel: "form" as const,
        direction: "inbound" as const,
        occurredAt,
        receivedAt: occurredAt,
        source: "website",
        identifiers: { email: "ada@buyer.example" },
      };
      return { touch, ids: { email: ada } };
    });
    await arrive(world.table, arrivals, now);
    const api = apiOf(world, defaultPolicy);
    const whole = answered(await getEvidence(api, asked(ada, {})));
    expect(whole).toMatchObject({ count: 6, from: "2025-11-28T00:00:00.000Z", next: null });
    expect(whole.touches).toHaveLength(12);
    const first = answered(await getEvidence(api, asked(ada, { limit: "5" })));
    expect(first).toEqual({ ...whole, touches: whole.touches.slice(0, 5), next: expect.any(String) });
    const read = (cursor: Record<string, string>) => getEvidence(api, asked(ada, { limit: "5", ...cursor }));
    expect(await pages(read, "touches")).toEqual(whole.touches);
  });
});
