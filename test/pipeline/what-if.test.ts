import { expect, test } from "vitest";
import * as z from "zod/mini";
import { whatIfAnswerSchema, whatIfBegunSchema } from "../../shared/query/what-if.ts";
import { daysAgo, eightTouches, keys, runProduct } from "./product.ts";

const product = runProduct();
const sales = { key: keys.sales };

const draft = async (policy: object): Promise<number> =>
  (await product().json("POST", "/v1/policies", 201, { ...sales, body: policy })).version;

const pathOf = (version: number): string => `/v1/policies/${version}/what-if`;

/** Counts anew under a version, to its end. */
async function whatIf(version: number) {
  z.parse(whatIfBegunSchema, await product().json("POST", pathOf(version), 202, sales));
  await product().drain();
  return z.parse(whatIfAnswerSchema, await product().json("GET", pathOf(version), 200, { key: keys.read }));
}

test("tells what a draft would have changed, over all history and whatever was linked since", async () => {
  const meeting = (email: string, days: number) => ({
    id: `${email}-meeting`,
    channel: "meeting",
    occurredAt: daysAgo(days),
    identifiers: { email },
    campaign: { id: "demo", name: "Book a demo" },
  });
  await product().store([
    ...eightTouches("ada@buyer.example"),
    ...eightTouches("ben@buyer.example", 400),
    // Seen under three names, and one person all the same.
    {
      ...meeting("cleo@buyer.example", 300),
      identifiers: { email: "cleo@buyer.example", crm: "hubspot:7", user: "u-7" },
    },
    { ...meeting("cleo@buyer.example", 290), id: "again", identifiers: { user: "u-7" } },
    { ...meeting("dora@buyer.example", 2), channel: "form" },
  ]);
  const before = await product().json("GET", "/v1/policy", 200, sales);
  const ada = await product().contact("ada@buyer.example");
  const cleo = await product().contact("cleo@buyer.example");

  // A meeting is enough, and eight touches no longer are.
  const version = await draft({ threshold: 9, fastTrack: [{ name: "Demo", channel: "meeting" }] });
  const answer = await whatIf(version);
  expect(answer).toMatchObject({
    version,
    against: 0,
    number: 1,
    state: "completed",
    progress: null,
    contacts: 4,
    failed: 0,
    gained: 1,
    lost: 2,
    both: 0,
    leads: { draft: 1, inForce: 2 },
    channels: [
      { channel: "email_click", gained: 0, lost: 2, both: 0 },
      { channel: "meeting", gained: 1, lost: 0, both: 0 },
    ],
    timeZone: "UTC",
  });
  expect(answer.campaigns).toContainEqual({
    campaign: "demo",
    name: "Book a demo",
    gained: 1,
    lost: 0,
    both: 0,
  });
  expect(answer.examples?.gained).toMatchObject([{ contactId: cleo?.id, at: daysAgo(300) }]);
  expect(answer.examples?.lost.map(({ contactId }) => contactId)).toContain(ada?.id);
  expect(answer.weeks?.reduce((sum, { draft, inForce }) => sum + draft + inForce, 0)).toBe(3);
  expect(JSON.stringify(answer)).not.toMatch(/buyer\.example/);

  // It changed nothing: neither the policy nor what the night finds.
  expect(await product().json("GET", "/v1/policy", 200, sales)).toEqual(before);
  expect((await product().night()).counts).toMatchObject({ leads: 1 });
});

test("is counted again when it is asked for again, with what came since", async () => {
  const version = await draft({ threshold: 3 });
  const first = await whatIf(version);
  await product().store(eightTouches("eve@buyer.example").slice(0, 3));
  const second = await whatIf(version);
  expect(second.number).toBe(first.number + 1);
  expect(second.contacts).toBe(first.contacts! + 1);
  expect(second.gained).toBe(first.gained! + 1);
});

test("says what it cannot do", async () => {
  const missing = await product().json("POST", pathOf(999), 404, sales);
  expect(missing.code).toBe("not_found");
  const version = await draft({});
  expect((await product().json("GET", pathOf(version), 404, sales)).detail).toContain("POST");
  expect((await product().request("POST", pathOf(version))).status).toBe(401);
});
