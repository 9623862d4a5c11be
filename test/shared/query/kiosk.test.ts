import { describe, expect, test } from "vitest";
import type { HttpEvent } from "../../../shared/edge/http-handler.ts";
import { defaultPolicy } from "../../../shared/policy/policy.ts";
import type { Api } from "../../../shared/query/api.ts";
import { getContact } from "../../../shared/query/contacts.ts";
import { Cached } from "../../../shared/store/cached.ts";
import { itemsOf } from "../../../shared/store/facts.ts";
import { putAll } from "../../../shared/store/table.ts";
import { acceptTouchpoint } from "../../../shared/touchpoint/accept.ts";
import { identifierId } from "../../../shared/touchpoint/identifier.ts";
import { MemoryTable } from "../../laws/memory-table.ts";
import { openMemoryWorld } from "../../laws/memory-world.ts";
import { namespace, nightOf } from "../../laws/world.ts";

const now = "2026-11-21T10:00:00.000Z";

async function seen(people: number) {
  const world = { ...(await openMemoryWorld(now)) };
  world.table = { client: new MemoryTable(1_000).client(), name: "touchpoints" };
  for (let person = 0; person < people; person++) {
    const input = {
      channel: "form",
      occurredAt: `2026-11-21T0${person % 9}:00:00Z`,
      identifiers: { email: `person-${person}@example.com`, anonymous: "kiosk" },
    };
    const accepted = acceptTouchpoint(input, input, {
      source: "website",
      sourceType: "server",
      route: "touchpoints",
      scope: "",
      receivedAt: now,
      namespace,
      freshId: "",
    });
    if ("refusal" in accepted) throw new Error(accepted.refusal.detail);
    expect(await putAll(world.table, itemsOf(accepted.fact))).toEqual(new Set());
  }
  const version = { v: 1, version: 0, policy: defaultPolicy, from: null } as const;
  const policy = new Cached(async () => version, Number.POSITIVE_INFINITY);
  const api = { ...nightOf(world), policy } as Api;
  return async (type: "email" | "anonymous", value: string) => {
    const pathParameters = { id: identifierId(namespace, type, value) };
    const answer = await getContact(api, { pathParameters } as unknown as HttpEvent);
    return JSON.parse(answer.body ?? "null");
  };
}

describe("a browser that a crowd used", () => {
  test("is shared and nobody's, and says so without naming everybody", async () => {
    const read = await seen(600);
    const kiosk = await read("anonymous", "kiosk");
    expect(kiosk.identifiers).toEqual([{ id: kiosk.id, type: "anonymous", value: "kiosk", shared: true }]);
    expect(kiosk.refusedLinks).toHaveLength(200);
    expect(new Set(kiosk.refusedLinks.map(({ reason }: { reason: string }) => reason))).toEqual(
      new Set(["too_many_links"]),
    );
    const person = await read("email", "person-7@example.com");
    expect(person.identifiers).toHaveLength(1);
    expect(person.refusedLinks).toMatchObject([{ contactId: kiosk.id, reason: "too_many_links" }]);
  });

  test("is a person's while it is one person's", async () => {
    const read = await seen(1);
    const person = await read("anonymous", "kiosk");
    expect(person.identifiers.map(({ shared }: { shared: boolean }) => shared)).toEqual([false, false]);
    expect(person.refusedLinks).toEqual([]);
  });
});
