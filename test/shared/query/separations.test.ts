import { beforeEach, describe, expect, test } from "vitest";
import type { HttpEvent } from "../../../shared/edge/http-handler.ts";
import { defaultPolicy } from "../../../shared/policy/policy.ts";
import type { Api } from "../../../shared/query/api.ts";
import { getContact } from "../../../shared/query/contacts.ts";
import { rejoin, separate } from "../../../shared/query/separations.ts";
import { Cached } from "../../../shared/store/cached.ts";
import { itemsOf } from "../../../shared/store/facts.ts";
import { putAll } from "../../../shared/store/table.ts";
import { handPrefix } from "../../../shared/table/keys.ts";
import { acceptTouchpoint } from "../../../shared/touchpoint/accept.ts";
import { type IdentifierType, identifierId } from "../../../shared/touchpoint/identifier.ts";
import type { Identifiers } from "../../../shared/touchpoint/touch.ts";
import { type MemoryWorld, openMemoryWorld } from "../../laws/memory-world.ts";
import { namespace, nightOf } from "../../laws/world.ts";

const start = "2026-11-21T10:00:00.000Z";
const [ada, adaHome, account] = ["email:ada@buyer.example", "email:ada@home.example", "user:7"];
const browser = "anonymous:b1";

const idOf = (name: string): string => {
  const colon = name.indexOf(":");
  return identifierId(namespace, name.slice(0, colon) as IdentifierType, name.slice(colon + 1));
};
const identifiersOf = (names: readonly string[]): Identifiers =>
  Object.fromEntries(
    names.map((name) => [name.slice(0, name.indexOf(":")), name.slice(name.indexOf(":") + 1)]),
  );

let world: MemoryWorld;
let api: Api;
beforeEach(async () => {
  world = await openMemoryWorld(start);
  const version = { v: 1, version: 0, policy: defaultPolicy, from: null } as const;
  api = { ...nightOf(world), policy: new Cached(async () => version, Number.POSITIVE_INFINITY) } as Api;
});

async function seen(hour: number, ...names: string[]): Promise<void> {
  const input = {
    id: `${hour}`,
    channel: "form",
    occurredAt: `2026-11-20T${String(hour).padStart(2, "0")}:00:00Z`,
    identifiers: identifiersOf(names),
  };
  const accepted = acceptTouchpoint(input, input, {
    source: "website",
    sourceType: "server",
    route: "touchpoints",
    scope: "",
    receivedAt: start,
    namespace,
    freshId: "",
  });
  if ("refusal" in accepted) throw new Error(accepted.refusal.detail);
  expect(await putAll(world.table, itemsOf(accepted.fact))).toEqual(new Set());
}

const eventOf = (name: string, identifier?: string) =>
  ({
    pathParameters: { id: idOf(name) },
    headers: { "content-type": "application/json" },
    body: identifier && JSON.stringify({ identifier, reason: "somebody else's" }),
  }) as unknown as HttpEvent;

/** What is said of a contact's identifier, by an id of the contact. */
async function say(act: typeof separate, name: string, identifier: string): Promise<void> {
  expect(await act(api, eventOf(name, identifier), undefined)).toMatchObject({ statusCode: 200 });
}

const contactOf = async (name: string) =>
  JSON.parse((await getContact(api, eventOf(name))).body ?? "null") as {
    identifiers: { type: string; value: string }[];
    links: { identifiers: string[] }[];
    refusedLinks: { identifiers: string[] }[];
  };
const namesOf = async (name: string): Promise<string[]> =>
  (await contactOf(name)).identifiers.map(({ type, value }) => `${type}:${value}`).sort();
const words = () => world.items().filter(({ sk }) => sk.startsWith(handPrefix)).length;

describe("a separation taken back", () => {
  test("joins all that it told apart, also those whom only the identifier held together", async () => {
    await seen(1, ada, account);
    await seen(2, adaHome, account);
    await say(separate, ada, account);
    expect([await namesOf(ada), await namesOf(adaHome)]).toEqual([[ada], [adaHome]]);
    await say(rejoin, ada, account);
    expect(await namesOf(ada)).toEqual([ada, adaHome, account]);
  });

  test("is taken back by the very request that was made, though the contact's id was the identifier's own", async () => {
    await seen(1, ada, account);
    await say(separate, account, account);
    expect([await namesOf(ada), await namesOf(account)]).toEqual([[ada], [account]]);
    await say(rejoin, account, account);
    expect(await namesOf(ada)).toEqual([ada, account]);
  });

  test("takes back nothing that was said of another contact", async () => {
    await seen(1, ada, account);
    await say(separate, ada, account);
    await seen(2, adaHome, account);
    await say(separate, adaHome, account);
    await say(rejoin, ada, account);
    expect([await namesOf(ada), await namesOf(adaHome)]).toEqual([[ada, account], [adaHome]]);
  });

  test("leaves one word a side, however often it is said", async () => {
    await seen(1, ada, account);
    await say(separate, ada, account);
    await say(separate, ada, account);
    expect(words()).toBe(2);
    await say(rejoin, ada, account);
    await say(rejoin, ada, account);
    expect(words()).toBe(4);
  });

  test("is the last word, also by a clock that is behind", async () => {
    await seen(1, ada, account);
    await say(separate, ada, account);
    world.now -= 5_000;
    await say(rejoin, ada, account);
    expect(await namesOf(ada)).toEqual([ada, account]);
    world.now -= 5_000;
    await say(separate, ada, account);
    expect(await namesOf(ada)).toEqual([ada]);
  });
});

test("an identifier that was seen with too many is somebody's again once it is told apart from who it is not", async () => {
  const people = Array.from({ length: 6 }, (_, n) => `email:p${n}@buyer.example`);
  for (const [hour, person] of people.entries()) await seen(hour, person, account);
  expect(await namesOf(account)).toEqual([account]);
  await say(separate, people[0]!, account);
  expect(await namesOf(account)).toEqual([...people.slice(1), account]);
  expect(await namesOf(people[0]!)).toEqual(people.slice(0, 1));
  await say(rejoin, people[0]!, account);
  expect(await namesOf(account)).toEqual([account]);
});

test("a link with a browser that was told apart is refused, and shown as nothing else", async () => {
  await seen(1, ada, browser);
  await say(separate, ada, browser);
  await seen(2, ada, account);
  await seen(3, account, browser);
  const { links, refusedLinks } = await contactOf(ada);
  expect(await namesOf(ada)).toEqual([browser, ada, account]);
  const apart = [idOf(ada), idOf(browser)].sort();
  const named = (all: { identifiers: string[] }[]) => all.map(({ identifiers }) => identifiers.toSorted());
  expect(named(refusedLinks)).toEqual([apart]);
  expect(named(links)).not.toContainEqual(apart);
  expect(links).toHaveLength(2);
});
