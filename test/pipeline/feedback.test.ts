import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { feedbackAnswerSchema, feedbackListAnswerSchema } from "../../shared/query/feedback-operations.ts";
import { leadAnswerSchema } from "../../shared/query/lead-answers.ts";
import { daysAgo, eightTouches, type Json, keys, runProduct } from "./product.ts";

const product = runProduct();
const [pat, kim] = ["pat@example.com", "kim@example.com"];

/** The answer has exactly the shape that OpenAPI tells. */
const hasShape = (schema: z.core.$ZodType, value: unknown) =>
  expect(z.safeParse(schema, value).error?.issues ?? []).toEqual([]);

const ofSales = { key: keys.sales };
const leadsOf = async (status: string): Promise<Json[]> =>
  (await product().json("GET", `/v1/leads?status=${status}`, 200, ofSales)).items;

const ids: Record<string, string> = {};
beforeAll(async () => {
  const { store, night, json } = product();
  await store([
    ...eightTouches(pat),
    ...eightTouches(kim),
    {
      channel: "call",
      direction: "outbound",
      identifiers: { email: kim, crm: "salesforce:00Q5f00000ABCDE" },
    },
  ]);
  await night();
  for (const { leadId } of await leadsOf("exported"))
    ids[(await json("GET", `/v1/leads/${leadId}`, 200, ofSales)).email] = leadId;
});

describe("what sales answers", () => {
  test("moves the lead, and stands with it", async () => {
    const { json } = product();
    const path = `/v1/leads/${ids[pat]}/feedback`;
    const body = { id: "call-17", outcome: "contacted", by: "Sam Seller", occurredAt: daysAgo(0, 0) };
    const first = await json("POST", path, 201, { ...ofSales, body });
    hasShape(feedbackAnswerSchema, first);
    expect(await json("POST", path, 200, { ...ofSales, body })).toEqual(first);
    expect(await leadsOf("contacted")).toMatchObject([{ leadId: ids[pat], status: "contacted" }]);
    const lead = await json("GET", `/v1/leads/${ids[pat]}`, 200, { key: keys.read });
    hasShape(leadAnswerSchema, lead);
    expect(lead).toMatchObject({
      status: "contacted",
      outcome: "contacted",
      answeredAt: daysAgo(0, 0),
      answeredBy: "Sam Seller",
      feedback: [{ id: "call-17", applied: true, conflict: false }],
    });
  });

  test("is refused where it is none, or not sales'", async () => {
    const { json } = product();
    const path = `/v1/leads/${ids[pat]}/feedback`;
    const unknown = { outcome: "rejected", reason: "ugly" };
    const refused = await json("POST", path, 400, { ...ofSales, body: unknown });
    expect(refused).toMatchObject({ code: "unknown_reason", field: "reason" });
    expect(refused.detail).toContain("no_budget");
    await json("POST", path, 403, { key: keys.read, body: { outcome: "accepted" } });
    await json("POST", "/v1/leads/none/feedback", 404, { ...ofSales, body: { outcome: "accepted" } });
  });

  test("comes as a CRM exports it, and goes back only where that is meant", async () => {
    const { json, request } = product();
    const post = async (list: string, query = "") => {
      const response = await request("POST", `/v1/feedback${query}`, {
        ...ofSales,
        headers: { "content-type": "text/csv" },
        body: list,
      });
      expect(response.status).toBe(200);
      const answer = (await response.json()) as Json;
      hasShape(feedbackListAnswerSchema, answer);
      return answer;
    };
    const list = (status: string) =>
      `"Lead ID","Email","Lead Status","Lead Owner"\n"00Q5f00000ABCDEAAQ","","${status}","Kim Closer"\n` +
      '"00Q5f00000ABCDZAAQ","nobody@example.com","Qualified","Kim Closer"\n';
    expect(await post(list("Qualified"), "?dryRun=true")).toMatchObject({ accepted: 1 });
    expect(await leadsOf("accepted")).toEqual([]);
    const accepted = { accepted: 1, rejected: [{ index: 1, code: "no_lead" }] };
    expect(await post(list("Qualified"))).toMatchObject(accepted);
    expect(await post(list("Qualified"))).toMatchObject(accepted);
    expect(await leadsOf("accepted")).toMatchObject([{ leadId: ids[kim] }]);

    expect((await post(list("Working - Contacted"))).rejected[0]).toMatchObject({ code: "moves_backwards" });
    const body = { outcome: "recycled", until: "2099-01-01" };
    const refused = await json("POST", `/v1/leads/${ids[kim]}/feedback`, 409, { ...ofSales, body });
    expect(refused).toMatchObject({ code: "moves_backwards", current: { outcome: "accepted" } });
    await json("POST", `/v1/leads/${ids[kim]}/feedback`, 201, {
      ...ofSales,
      body: { ...body, moveBack: true },
    });
    expect(await leadsOf("recycled")).toMatchObject([{ leadId: ids[kim] }]);
  });

  test("stays when the night comes again", async () => {
    await product().night();
    expect(await leadsOf("exported")).toEqual([]);
    expect(await leadsOf("contacted")).toMatchObject([{ leadId: ids[pat] }]);
    expect(await leadsOf("recycled")).toMatchObject([{ leadId: ids[kim] }]);
  });
});
