import { describe, expect, test } from "vitest";
import { daysAgo, eightTouches, type Json, keys, runProduct } from "./product.ts";

const product = runProduct();

const contactOf = async (query: string): Promise<Json> => {
  const { items } = await product().json("GET", `/v1/contacts?${query}`, 200, { key: keys.read });
  return items[0];
};
const names = ({ identifiers }: Json): string[] =>
  identifiers.map(({ type, value }: Json) => `${type}:${value}`).sort();
const touch = (id: string, days: number, identifiers: Json, channel = "form"): Json => ({
  id,
  channel,
  occurredAt: daysAgo(days),
  identifiers,
  campaign: { name: id },
});

describe("one person", () => {
  test("every identifier leads to the contact, also by its old id", async () => {
    const { store, json } = product();
    await store([touch("a-1", 5, { email: "ada@example.com" })]);
    const before = await contactOf("email=ada@example.com");
    await store([
      touch("a-2", 4, { email: "ada@example.com", crm: "hubspot:501" }),
      touch("a-3", 3, { crm: "hubspot:501", user: "u-501" }),
      touch("a-4", 2, { email: "ada@home.example", user: "u-501" }),
    ]);
    const contact = await contactOf("user=u-501");
    expect(names(contact)).toEqual([
      "crm:hubspot:501",
      "email:ada@example.com",
      "email:ada@home.example",
      "user:u-501",
    ]);
    expect(contact).toMatchObject({ touches: 4, count: 4, refusedLinks: [] });
    for (const { id } of [before, ...contact.identifiers]) {
      expect(await json("GET", `/v1/contacts/${id}`, 200, { key: keys.sales })).toEqual(contact);
    }
    expect(contact.id).toBe(contact.identifiers.find(({ type }: Json) => type === "user").id);
  });

  test("a link that breaks a limit is refused and says why", async () => {
    await product().store([
      touch("l-1", 5, { email: "lim@example.com", user: "u-1" }),
      touch("l-2", 4, { email: "lim@example.com", user: "u-2" }),
      touch("l-3", 4, { email: "info@example.com", user: "u-2" }),
    ]);
    const contact = await contactOf("email=lim@example.com");
    expect(names(contact)).toEqual(["email:lim@example.com", "user:u-1"]);
    const second = await contactOf("user=u-2");
    expect(contact.refusedLinks).toEqual([
      expect.objectContaining({
        contactId: second.id,
        identifier: { id: second.id, type: "user", value: "u-2" },
        reason: "limit_user",
        sources: ["local-server"],
      }),
    ]);
    expect(second.refusedLinks.map(({ reason }: Json) => reason).sort()).toEqual([
      "limit_user",
      "role_address",
    ]);
  });

  test("a browser's touches go to whom it was seen with, by time", async () => {
    const { store, json } = product();
    await store([
      touch("d-1", 9, { anonymous: "tablet" }),
      touch("d-2", 8, { anonymous: "tablet", email: "first@example.com" }),
      touch("d-3", 7, { anonymous: "tablet" }),
      touch("d-4", 6, { anonymous: "tablet", email: "second@example.com" }),
      touch("d-5", 5, { anonymous: "tablet" }),
    ]);
    const [first, second] = [
      await contactOf("email=first@example.com"),
      await contactOf("email=second@example.com"),
    ];
    const campaigns = async ({ id }: Json) => {
      const { items } = await json("GET", `/v1/contacts/${id}/timeline`, 200, { key: keys.read });
      return items.map(({ campaign }: Json) => campaign.name);
    };
    expect(await campaigns(first)).toEqual(["d-2", "d-1"]);
    expect(await campaigns(second)).toEqual(["d-5", "d-4", "d-3"]);
    expect(second.identifiers[1]).toMatchObject({ type: "anonymous", value: "tablet", shared: true });
  });
});

describe("told apart by hand", () => {
  const say = (method: string, id: string, body: Json, status = 200) =>
    product().json(method, `/v1/contacts/${id}/unlink`, status, { key: keys.read, body });

  test("a typo's address is its own person's, and may be joined again", async () => {
    const { store, night } = product();
    await store([
      ...eightTouches("typo@example.com").slice(0, 5),
      touch("t-1", 4, { email: "typo@example.com", crm: "hubspot:900" }),
      touch("t-2", 3, { email: "tyop@example.com", crm: "hubspot:900" }),
      touch("t-3", 2, { email: "tyop@example.com" }),
    ]);
    const whole = await contactOf("email=typo@example.com");
    expect(whole).toMatchObject({ count: 8, threshold: 8 });

    const body = { identifier: "email:Tyop@example.com", reason: "somebody else's" };
    const apart = await say("POST", whole.id, body);
    expect(names(apart)).toEqual(["crm:hubspot:900", "email:typo@example.com"]);
    expect(apart.count).toBe(6);
    expect(apart.refusedLinks).toEqual([
      expect.objectContaining({
        reason: "separated_by_hand",
        separated: { at: expect.any(String), by: expect.any(String), reason: "somebody else's" },
      }),
    ]);
    expect(await say("POST", whole.id, body)).toEqual(apart);
    const other = await contactOf("email=tyop@example.com");
    expect(names(other)).toEqual(["email:tyop@example.com"]);
    expect(other.count).toBe(2);
    expect((await night()).counts.leads).toBe(0);

    const joined = await say("DELETE", whole.id, { ...body, reason: "the same after all" });
    expect(joined).toMatchObject({ id: whole.id, count: 8, refusedLinks: [] });
    expect(await say("DELETE", whole.id, { ...body, reason: "once more" })).toEqual(joined);
    expect((await night()).counts.leads).toBe(1);
  });

  test.each([
    ["no identifier", { identifier: "ada", reason: "x" }, "invalid_identifier"],
    ["nobody's", { identifier: "email:nobody@example.com", reason: "x" }, "not_linked"],
    ["no reason", { identifier: "email:ada@example.com" }, "invalid_field"],
  ])("%s is refused", async (_, body, code) => {
    const { id } = await contactOf("email=ada@example.com");
    expect(await say("POST", id, body, 400)).toMatchObject({ code });
  });
});
