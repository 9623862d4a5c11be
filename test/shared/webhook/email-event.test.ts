import { performance } from "node:perf_hooks";
import { describe, expect, test } from "vitest";
import { delivery, type EmailEvent, factsFor } from "../../../shared/webhook/email-event.ts";

const event: EmailEvent = {
  id: "e-1",
  occurredAt: "2026-11-21T10:00:00.000Z",
  email: "anna@example.com",
  message: "m-1",
  campaign: undefined,
};

describe("a reason", () => {
  const reason = (detail: string) => {
    const fact = delivery(event, "bounced", detail);
    return "person" in fact && fact.person.type === "delivery" ? fact.person.detail : undefined;
  };

  test.each([
    ["550 <anna@example.com>: unknown", "550 <…>: unknown"],
    ["anna@example.com,berta@example.com are unknown", "…,… are unknown"],
    ["anna@", "…"],
    ["ask @example", "ask @example"],
    ["mailbox full", "mailbox full"],
    [" ", undefined],
    [`${"a".repeat(200)}@example.com is unknown`, "… is unknown"],
    // No part of an address is left where the text is cut.
    [`${"x ".repeat(498)}anna@example.com`, `${"x ".repeat(498)}…`],
    ["a".repeat(2000), "a".repeat(1000)],
  ])("%s", (detail, expected) => {
    expect(reason(detail)).toBe(expected);
  });

  test("costs no more the longer its words are", () => {
    const start = performance.now();
    expect(reason("a".repeat(2_000_000))).toHaveLength(1000);
    for (const detail of new Array<string>(2000).fill("a".repeat(999))) expect(reason(detail)).toBe(detail);
    expect(performance.now() - start).toBeLessThan(1500);
  });
});

describe("the facts of an event with recipients", () => {
  const { email: _, ...common } = event;
  const of = (emails: string[], several: "each" | "one only") => {
    const recipients = emails.map((email) => ({ email, reason: `for ${email.length}` }));
    return factsFor({ item: "item", field: "to", event: common, recipients }, several, (one, { reason }) =>
      delivery(one, "bounced", reason),
    );
  };

  test("are one for each, told apart by their ids, with what is said of that recipient", () => {
    expect(of(["anna@example.com", "berta@example.com"], "each")).toMatchObject({
      item: "item",
      facts: [
        { person: { id: "e-1", identifiers: { email: "anna@example.com" }, detail: "for 16" } },
        { person: { id: "e-1:1", identifiers: { email: "berta@example.com" }, detail: "for 17" } },
      ],
    });
  });

  test.each([
    [[], "each", "missing_recipient"],
    [[], "one only", "missing_recipient"],
    [["anna@example.com", "berta@example.com"], "one only", "several_recipients"],
  ] as const)("are none of %j, %s", (emails, several, code) => {
    expect(of([...emails], several)).toMatchObject({ item: "item", refusal: { code, field: "to" } });
  });

  test("is one where there is one recipient", () => {
    expect(of(["anna@example.com"], "one only")).toMatchObject({ facts: [{ person: { id: "e-1" } }] });
  });
});
