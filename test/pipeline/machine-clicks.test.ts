import { describe, expect, test } from "vitest";
import { linksSchema } from "../../shared/query/links.ts";
import { verdictAnswerSchema } from "../../shared/query/verdicts.ts";
import { browser, type Json, keys, runProduct } from "./product.ts";

const product = runProduct();

const phone =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1";

/** A tracked link of one recipient, of a campaign of its own unless told otherwise. */
async function linkFor(email: string, more: Json = {}): Promise<Json> {
  const body = {
    url: "https://www.example.com/offer",
    campaign: { name: "May" },
    message: "may-1",
    recipients: [email],
    ...more,
  };
  const { items } = await product().json("POST", "/v1/links", 200, { key: keys.read, body });
  return items[0];
}

async function click(url: string, agent: string, method = "GET"): Promise<void> {
  const response = await product().request(method, url, { headers: { "user-agent": agent } });
  expect([response.status, response.headers.get("location")]).toEqual([302, "https://www.example.com/offer"]);
  // One after another: two clicks within a millisecond have no order.
  await product().drain();
}

/** What the timeline says of a contact's touches, oldest first. */
async function timeline(email: string): Promise<Json[]> {
  const contact = await product().contact(email);
  const { items } = await product().json("GET", `/v1/contacts/${contact?.id}/timeline`, 200, {
    key: keys.read,
  });
  return items.toReversed();
}

const why = (touches: Json[]) =>
  touches.map(({ counted, reason, machine }) => (counted ? "counted" : `${reason} ${machine?.reason ?? ""}`));

describe("clicks of machines", () => {
  test("a look before the click is marked, and the reader's click is no repeat of it", async () => {
    const { url } = await linkFor("head@example.com");
    await click(url, browser, "HEAD");
    await click(url, browser);
    expect(why(await timeline("head@example.com"))).toEqual(["machine head_request", "counted"]);
    expect(await product().contact("head@example.com")).toMatchObject({ count: 1, touches: 2 });
  });

  test("a scanner's click is marked by its name, and the reader's counts", async () => {
    const { url } = await linkFor("scanned@example.com");
    await click(url, "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2) Barracuda Sentinel (EE)");
    await click(url, browser);
    expect(why(await timeline("scanned@example.com"))).toEqual(["machine scanner_agent", "counted"]);
  });

  test("a hidden link leads on, and tells on who follows it and what else it clicked", async () => {
    const link = await linkFor("trap@example.com", { honeypot: true });
    expect(link.honeypotHtml).toContain(`href="${link.honeypotUrl}"`);
    expect(link.honeypotHtml).toMatch(/display:none.*><\/a>$/);
    expect(link.honeypotUrl).not.toBe(link.url);
    await click(link.url, phone);
    await click(link.honeypotUrl, phone);
    expect(why(await timeline("trap@example.com"))).toEqual(["machine honeypot", "machine honeypot"]);
  });

  test("without recipients the hidden link has the same place for the merge field", async () => {
    const body = { url: "https://www.example.com/offer", honeypot: true, mergeField: "*|PERSON|*" };
    const links = await product().json("POST", "/v1/links", 200, { key: keys.read, body });
    expect(linksSchema.safeParse(links).success).toBe(true);
    expect(links.honeypotUrl).toMatch(/\.\*\|PERSON\|\*$/);
    expect(links.honeypotHtml).toContain(".*|PERSON|*");
    const plain = await product().json("POST", "/v1/links", 200, {
      key: keys.read,
      body: { url: "https://www.example.com/offer" },
    });
    expect(Object.keys(plain)).toEqual(["url"]);
  });

  test("two links of one message at once are a burst, two clicks on one are not", async () => {
    const touch = (id: string, email: string, url: string) => ({
      id,
      channel: "email_click",
      occurredAt: new Date(Date.now() - 3_600_000).toISOString(),
      identifiers: { email },
      campaign: { name: "May" },
      asset: { id: "may-1", url },
      client: { userAgent: browser },
    });
    await product().store([
      touch("1", "burst@example.com", "https://www.example.com/a"),
      touch("2", "burst@example.com", "https://www.example.com/b"),
      touch("3", "double@example.com", "https://www.example.com/a"),
      touch("4", "double@example.com", "https://www.example.com/a"),
    ]);
    expect(why(await timeline("burst@example.com"))).toEqual(["machine burst", "machine burst"]);
    expect(why(await timeline("double@example.com")).toSorted()).toEqual(["counted", "repeat "]);
  });

  test("are counted where the policy does not exclude them, and not marked where a sign is off", async () => {
    const { json } = product();
    const put = (body: Json) => json("PUT", "/v1/policy", 200, { key: keys.sales, body });
    const marks = async () =>
      (await timeline("scanned@example.com")).map(({ counted, machine }) => [counted, machine?.reason]);
    const { version } = await put({ exclude: { machine: false }, oncePer: [] });
    await expect.poll(marks, { timeout: 10_000 }).toEqual([
      [true, "scanner_agent"],
      [true, undefined],
    ]);
    await put({ machineClicks: { scannerAgents: false }, oncePer: [] });
    await expect.poll(marks, { timeout: 10_000 }).toEqual([
      [true, undefined],
      [true, undefined],
    ]);
    expect(await put({})).toMatchObject({ version: version + 2 });
    await expect.poll(marks, { timeout: 10_000 }).toEqual([
      [false, "scanner_agent"],
      [true, undefined],
    ]);
  });
});

describe("a person's verdict", () => {
  const say = (id: string, body: Json, status = 201, key = keys.sales) =>
    product().json("POST", `/v1/touchpoints/${id}/verdict`, status, { key, body });

  test("wins over the rules, both ways, and the latest holds", async () => {
    const { url } = await linkFor("said@example.com");
    await click(url, "python-requests/2.31");
    const [touch] = await timeline("said@example.com");
    expect(touch).toMatchObject({ counted: false, machine: { reason: "scanner_agent", by: "rule" } });

    const human = await say(touch!.id, { verdict: "human", reason: " Pat clicks from a script " });
    expect(verdictAnswerSchema.safeParse(human).success).toBe(true);
    expect(human).toMatchObject({ touch: touch!.id, verdict: "human", reason: "Pat clicks from a script" });
    const [overruled] = await timeline("said@example.com");
    expect(overruled).toMatchObject({ counted: true, reason: null, overruled: "scanner_agent" });

    await say(touch!.id, { verdict: "machine", reason: "it was the script" }, 201, keys.read);
    const [again] = await timeline("said@example.com");
    expect(again).toMatchObject({ counted: false, machine: { reason: "by_hand", by: "person" } });
  });

  test("is of any touch, and the night counts anew", async () => {
    const { json, store, night, contact } = product();
    await json("PUT", "/v1/policy", 200, { key: keys.sales, body: { threshold: 2 } });
    const touch = (id: string, campaign: string) => ({
      id,
      channel: "form",
      identifiers: { email: "robot@example.com" },
      campaign: { name: campaign },
    });
    const { ids } = await store([touch("1", "May"), touch("2", "June")]);
    await say(ids[0], { verdict: "machine", reason: "our own test" });
    await night();
    expect((await contact("robot@example.com"))?.lifecycle).toBe("engaged");
    await say(ids[0], { verdict: "human", reason: "it was a customer" });
    await night();
    expect((await contact("robot@example.com"))?.lifecycle).toBe("qualified");
    await json("PUT", "/v1/policy", 200, { key: keys.sales, body: {} });
  });

  test.each<[string, Json, string]>([
    ["no verdict", { reason: "so" }, "verdict"],
    ["another word", { verdict: "cat", reason: "so" }, "verdict"],
    ["no reason", { verdict: "human" }, "reason"],
    ["an empty reason", { verdict: "human", reason: "  " }, "reason"],
    ["something else beside", { verdict: "human", reason: "so", by: "night" }, "by"],
  ])("is refused with %s", async (_, body, field) => {
    const [touch] = await timeline("head@example.com");
    expect(await say(touch!.id, body, 400)).toMatchObject({ field });
  });

  test("is of touches that are stored", async () => {
    const [touch] = await timeline("head@example.com");
    const [identifierId] = String(touch!.id).split(".");
    const body = { verdict: "human", reason: "so" };
    for (const id of ["0", "a.b", `${identifierId}.00000000-0000-5000-8000-000000000000`, `${touch!.id}.1`])
      await say(id, body, 404);
  });
});
