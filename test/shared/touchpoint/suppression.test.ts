import { describe, expect, test } from "vitest";
import { acceptTouchpoint } from "../../../shared/touchpoint/accept.ts";
import { identifierId } from "../../../shared/touchpoint/identifier.ts";
import type { Fact, QuarantineFact, TouchFact } from "../../../shared/touchpoint/message.ts";
import { withoutSuppressed } from "../../../shared/touchpoint/suppression.ts";
import type { TouchpointInput } from "../../../shared/touchpoint/touch.ts";

const namespace = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
const gone = identifierId(namespace, "user", "u-7");
const goneEmail = identifierId(namespace, "email", "pat@example.com");
const sought = { namespace, identifierIds: new Set([gone, goneEmail]) };

function touch(identifiers: TouchpointInput["identifiers"], more: Partial<TouchpointInput> = {}): TouchFact {
  const item = { id: "1", channel: "form" as const, identifiers, ...more };
  const result = acceptTouchpoint(item, item, {
    source: "crm",
    sourceType: "server",
    route: "touchpoints",
    scope: "",
    receivedAt: "2026-11-21T10:00:00.000Z",
    namespace,
    freshId: "1",
  });
  if ("refusal" in result) throw new Error(result.refusal.detail);
  return result.fact;
}

const kept = (body: unknown, route = "segment"): QuarantineFact => ({
  kind: "quarantine",
  id: "1",
  source: "crm",
  route,
  reason: "unknown_event",
  receivedAt: "2026-11-21T10:00:00.000Z",
  contentType: "application/json",
  raw: Buffer.from(JSON.stringify(body)).toString("base64"),
});
const bodyOf = (fact: Fact | undefined): unknown =>
  fact?.kind === "quarantine" && JSON.parse(Buffer.from(fact.raw, "base64").toString());

describe("a fact after people were erased", () => {
  test("is dropped where it stands with one of them, and whole where it names none", () => {
    expect(withoutSuppressed(touch({ email: "pat@example.com", crm: "hubspot:1" }), sought)).toBeUndefined();
    const other = touch({ email: "sam@example.com" });
    expect(withoutSuppressed(other, sought)).toBe(other);
  });

  test("of somebody else loses them, and stays the same touch", () => {
    const fact = touch(
      { email: "sam@example.com", user: "u-7" },
      { properties: { account: "u-7", page: "a" } },
    );
    const left = withoutSuppressed(fact, sought) as TouchFact;
    expect(left.touch).toMatchObject({
      touchId: fact.touch.touchId,
      hash16: fact.touch.hash16,
      identifiers: { email: "sam@example.com" },
      properties: { page: "a" },
    });
    expect(left.identifierIds).toEqual({ email: fact.touch.identifierId });
    expect(JSON.stringify(left)).not.toContain("u-7");
  });

  test("in quarantine goes where it is one item, and a batch loses their items", () => {
    expect(withoutSuppressed(kept({ email: "Pat@example.com", text: "hello" }), sought)).toBeUndefined();
    const batch = { batch: [{ userId: "u-7" }, { userId: "u-8" }], sentAt: "now" };
    expect(bodyOf(withoutSuppressed(kept(batch), sought))).toEqual({ ...batch, batch: [{ userId: "u-8" }] });
    expect(withoutSuppressed(kept([{ userId: "u-7" }]), sought)).toBeUndefined();
  });

  test("in quarantine as a message of the queue loses their facts", () => {
    const sam = touch({ email: "sam@example.com" });
    const message = { v: 1, facts: [touch({ email: "pat@example.com" }), sam] };
    expect(bodyOf(withoutSuppressed(kept(message, "process"), sought))).toEqual({
      v: 1,
      facts: [JSON.parse(JSON.stringify(sam))],
    });
  });
});
