import { describe, expect, test } from "vitest";
import { listOf } from "../../shared/query/answers.ts";
import { personalDataSchema, timelineItemSchema } from "../../shared/query/person-answers.ts";
import { daysAgo, keys, runProduct } from "./product.ts";
import { everyItem } from "./traces.ts";

const product = runProduct();

const postForm = (body: string, key = keys.form) =>
  product().request("POST", "/v1/forms/whitepaper", {
    key,
    body,
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });

const exported = async (id: string, query = "") =>
  product().json("GET", `/v1/contacts/${id}/export${query}`, 200, { key: keys.admin });

describe("consents", () => {
  test("come with a form from a web page, and say what for, on which basis, to which words and when", async () => {
    const form =
      "email=nadia@privacy.example&consent[newsletter]=on&consent[newsletter][wording]=Yes,+send+me+news" +
      "&consent[newsletter][basis]=consent&consent_phone_calls=0&consent[profiling]=perhaps&gdpr=1";
    expect((await postForm(form)).status).toBe(202);
    await product().drain();
    const contact = await product().contact("nadia@privacy.example");
    expect(contact).toMatchObject({ emailOptOut: false, touches: 1 });
    const { person, items } = await exported(contact!.id);
    expect(person.consents).toMatchObject([
      { purpose: "newsletter", status: "granted", basis: "consent", wording: "Yes, send me news" },
      { purpose: "phone_calls", status: "withdrawn", basis: null, wording: null },
    ]);
    const [touch] = items.filter(({ record }: { record: string }) => record === "touch");
    expect(touch.properties).toEqual({ "consent[profiling]": "perhaps", gdpr: "1" });
    for (const { occurredAt, source } of person.consents)
      expect({ occurredAt, source }).toEqual({ occurredAt: touch.occurredAt, source: touch.source });

    const timeline = await product().json("GET", `/v1/contacts/${contact!.id}/timeline`, 200, {
      key: keys.read,
    });
    listOf(timelineItemSchema).parse(timeline);
    expect(timeline.items.map(({ type }: { type: string }) => type).toSorted()).toEqual([
      "consent",
      "consent",
      "touch",
    ]);
    expect(timeline.items).toContainEqual(
      expect.objectContaining({ purpose: "newsletter", wording: "Yes, send me news" }),
    );

    expect((await postForm("email=nadia@privacy.example&consent.newsletter=off")).status).toBe(202);
    await product().drain();
    expect(await product().contact("nadia@privacy.example")).toMatchObject({ emailOptOut: true });
  });

  test("of a form that is sent again are the same consents", async () => {
    const body = {
      id: "form-1",
      email: "resend@privacy.example",
      submittedAt: "2026-11-01T10:00:00Z",
      consent: [{ purpose: "newsletter", status: "granted", wording: "Yes" }],
    };
    for (let times = 0; times < 3; times++)
      await product().json("POST", "/v1/forms/whitepaper", 202, { key: keys.server, body });
    await product().drain();
    const { items } = await exported((await product().contact(body.email))!.id);
    expect(items.map(({ record }: { record: string }) => record)).toEqual(["consent", "touch"]);
  });

  test("cannot be sent with a public key in any other way", async () => {
    const body = {
      type: "consent",
      purpose: "email",
      status: "granted",
      identifiers: { email: "a@b.example" },
    };
    const response = await product().request("POST", "/v1/touchpoints", { key: keys.form, body });
    expect(response.status).toBe(400);
  });
});

describe("all that is held of a person", () => {
  test("is given whole, page by page, to an admin", async () => {
    const email = "everything@privacy.example";
    const touches = Array.from({ length: 5 }, (_, i) => ({
      id: `everything-${i}`,
      channel: "meeting",
      occurredAt: daysAgo(5 - i),
      identifiers: { email, user: "everything-user", anonymous: "everything-browser" },
      traits: { firstName: "Evandra", phone: "+49 30 5550187" },
      client: { ip: "192.0.2.7", userAgent: "curl/8" },
      properties: { room: `R${i}` },
    }));
    await product().store(touches);
    const { id } = (await product().contact(email))!;
    const response = await product().request("GET", `/v1/contacts/${id}/export`, { key: keys.admin });
    expect(response.headers.get("content-disposition")).toBe(`attachment; filename="contact-${id}.json"`);
    const whole = personalDataSchema.parse(await response.json());
    expect(whole.person).toMatchObject({ id, traits: { firstName: "Evandra", phone: "+49 30 5550187" } });
    expect(whole.person?.identifiers.map(({ type }) => type).toSorted()).toEqual([
      "anonymous",
      "email",
      "user",
    ]);
    const stored = whole.items.filter(({ record }) => record === "touch");
    expect(stored).toMatchObject(
      touches.map(({ occurredAt, traits, client, properties }) => ({
        occurredAt,
        traits,
        client,
        properties,
      })),
    );

    const paged: unknown[] = [];
    let cursor = "";
    do {
      const page = personalDataSchema.parse(await exported(id, `?limit=4${cursor && `&cursor=${cursor}`}`));
      expect(page.items.length).toBeLessThanOrEqual(4);
      expect(page.person === undefined).toBe(cursor !== "");
      paged.push(...page.items);
      cursor = page.next ?? "";
    } while (cursor !== "");
    expect(paged).toEqual(whole.items);

    const refused = await product().request("GET", `/v1/contacts/${id}/export`, { key: keys.read });
    expect(refused.status).toBe(403);
  });

  test("is nothing of the others who use the same browser", async () => {
    const anonymous = "kitchen-tablet";
    const at = (days: number, email?: string) => ({
      id: `tablet-${days}`,
      channel: "page",
      occurredAt: daysAgo(days),
      identifiers: { anonymous, ...(email ? { email } : {}) },
      properties: { of: email ?? `nobody on day ${days}` },
    });
    await product().store([
      at(9),
      at(8, "tablet-one@privacy.example"),
      at(5),
      at(4, "tablet-two@privacy.example"),
    ]);
    const one = await exported((await product().contact("tablet-one@privacy.example"))!.id);
    const text = JSON.stringify(one);
    expect(text).toContain("nobody on day 9");
    expect(text).not.toContain("nobody on day 5");
    expect(text).not.toContain("tablet-two");
    const two = await product().contact("tablet-two@privacy.example");
    expect(text).not.toContain(two!.id);
  });
});

describe("retention", () => {
  test("takes out what is older than the policy keeps, and no count changes by it", async () => {
    const email = "keeper@privacy.example";
    const gone = "longgone@privacy.example";
    const touch = (id: string, who: string, days: number) => ({
      id,
      channel: "meeting",
      occurredAt: daysAgo(days),
      identifiers: { email: who, user: `user-of-${who.split("@")[0]}` },
      campaign: { name: `Campaign ${id}` },
    });
    await product().store([
      ...[400, 90, 30, 3, 2, 1].map((days) => touch(`keeper-${days}`, email, days)),
      touch("gone-1", gone, 300),
      touch("gone-2", gone, 200),
    ]);
    const policy = { windowDays: 45, threshold: 3, retentionDays: 100 };
    await product().json("PUT", "/v1/policy", 200, { key: keys.sales, body: policy });
    const evidence = async () => {
      const { id } = (await product().contact(email))!;
      const { touches, ...rest } = await product().json("GET", `/v1/contacts/${id}/evidence`, 200, {
        key: keys.read,
      });
      return { ...rest, counted: touches.filter(({ counted }: { counted: boolean }) => counted) };
    };
    const before = await evidence();
    expect(before.counted).toHaveLength(4);

    expect(await product().night()).toMatchObject({ state: "completed" });
    expect({ ...(await evidence()), qualifiedAt: null }).toEqual({ ...before, qualifiedAt: null });
    expect(await product().contact(gone)).toBeUndefined();
    const scan = JSON.stringify(await everyItem(product().runtime));
    expect(scan).toContain(email);
    expect(scan).toContain("Campaign keeper-90");
    expect(scan).not.toContain("Campaign keeper-400");
    expect(scan).not.toContain("longgone");
  });

  test("cannot be shorter than what a count looks back on", async () => {
    const body = { windowDays: 90, retentionDays: 179 };
    const response = await product().request("PUT", "/v1/policy", { key: keys.sales, body });
    expect(response.status).toBe(400);
    expect(JSON.stringify(await response.json())).toContain("must be at least twice windowDays");
  });
});
