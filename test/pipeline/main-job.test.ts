import { parse } from "csv-parse/sync";
import { describe, expect, test, vi } from "vitest";
import { leadColumns } from "../../shared/lead/csv.ts";
import { sha256Hex } from "../../shared/table/keys.ts";
import { browser, daysAgo, eightTouches, type Json, keys, runProduct } from "./product.ts";

const product = runProduct();

describe("the main job, end to end", () => {
  test("a form fill, check-ins and e-mail clicks become a timeline, and the night makes them a lead", async () => {
    const { json, request, drain, contact, night, file, url } = product();
    await json("PUT", "/v1/policy", 200, {
      key: keys.sales,
      body: { minChannels: 2, maxPerCampaign: 3, maxPerChannel: { email_click: 4 } },
    });

    await json("POST", `/v1/forms/contact?writeKey=${keys.form}`, 202, {
      body: "email=Pat%40Example.com&first_name=Pat&last_name=Example&company=Example+GmbH&utm_campaign=Spring+Sale&message=Please+call",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    for (const [event, days] of [
      ["Expo Berlin", 20],
      ["Meetup Hamburg", 15],
      ["Fair Paris", 10],
    ] as const) {
      const checkIn = {
        id: "badge-7",
        event: { name: event },
        attendee: { email: "pat@example.com", jobTitle: "Head of Data" },
        checkedInAt: daysAgo(days),
      };
      await json("POST", "/v1/check-ins", 202, { key: keys.server, body: checkIn });
    }
    for (const campaign of ["Newsletter May", "Newsletter June", "Newsletter July", "Newsletter August"]) {
      const body = {
        url: "https://www.example.com/offer",
        campaign: { name: campaign },
        message: "m-1",
        recipients: ["pat@example.com"],
      };
      const { items } = await json("POST", "/v1/links", 200, { key: keys.read, body });
      const click = await request("GET", items[0].url, { headers: { "user-agent": browser } });
      expect(click.status).toBe(302);
      expect(click.headers.get("location")).toBe("https://www.example.com/offer");
    }
    await drain();

    const found = await contact("PAT@example.com");
    expect(found).toMatchObject({
      identifiers: [{ type: "email", value: "pat@example.com" }],
      traits: { firstName: "Pat", lastName: "Example", company: "Example GmbH", jobTitle: "Head of Data" },
      count: 8,
      threshold: 8,
      lifecycle: "engaged",
    });
    const timeline = await json("GET", `/v1/contacts/${found!.id}/timeline`, 200, { key: keys.sales });
    expect(timeline.items.map((touch: Json) => touch.channel)).toEqual([
      ...Array(4).fill("email_click"),
      "form",
      ...Array(3).fill("check_in"),
    ]);
    expect(timeline.items.every((touch: Json) => touch.counted && touch.reason === null)).toBe(true);

    const first = await night();
    expect(first).toMatchObject({ state: "completed", counts: { leads: 1, contacts: 1, failed: 0 } });
    const csv = await file(first.runId, "leads.csv");
    const [row, ...others] = parse(csv, { columns: true, bom: true }) as Record<string, string>[];
    expect(others).toEqual([]);
    expect(Object.keys(row!)).toEqual([...leadColumns]);
    expect(row).toMatchObject({
      email: "pat@example.com",
      firstName: "Pat",
      lastName: "Example",
      company: "Example GmbH",
      countedTouches: "8",
      lastMessage: "Please call",
      firstCampaign: "Expo Berlin",
      policyVersion: "1",
    });

    const page = await fetch(row!.evidenceUrl!);
    expect(page.status).toBe(200);
    expect(row!.evidenceUrl).toMatch(new RegExp(`^${url}/e/`));
    const html = await page.text();
    for (const text of ["Pat Example", "Example GmbH", "Expo Berlin", "Newsletter August", "Please call"])
      expect(html).toContain(text);

    const manifest = JSON.parse(await file(first.runId, "manifest.json"));
    const jsonl = await file(first.runId, "leads.jsonl");
    for (const [name, body] of [
      ["leads.csv", csv],
      ["leads.jsonl", jsonl],
    ] as const) {
      const described = manifest.files.find((one: Json) => one.name === name);
      expect(described).toMatchObject({ sha256: sha256Hex(body), bytes: Buffer.byteLength(body) });
    }
    const lead = JSON.parse(jsonl);
    expect(lead.touches).toHaveLength(8);
    expect(await json("GET", `/v1/leads/${lead.leadId}`, 200, { key: keys.sales })).toMatchObject({
      status: "exported",
      runId: first.runId,
      countedTouches: 8,
      whyNow: lead.whyNow,
    });
    expect((await contact("pat@example.com"))?.lifecycle).toBe("qualified");
  });

  test("the second run exports nobody twice, and only who came new", async () => {
    const { night, file, store } = product();
    const again = await night();
    expect(again).toMatchObject({ state: "completed", counts: { leads: 0 } });
    expect(parse(await file(again.runId, "leads.csv"), { columns: true, bom: true })).toEqual([]);
    // A new policy is not needed for her: two channels, eight campaigns.
    await store(eightTouches("kim@example.com"));
    const third = await night();
    const rows = parse(await file(third.runId, "leads.csv"), { columns: true, bom: true }) as Record<
      string,
      string
    >[];
    expect(rows.map((row) => row.email)).toEqual(["kim@example.com"]);
  });

  test("a run as of an earlier day sees only what had happened by then, and moves no watermark", async () => {
    const { night, store } = product();
    await store(eightTouches("lou@example.com", 2));
    const early = await night({ asOf: daysAgo(4) });
    expect(early).toMatchObject({ state: "completed", counts: { leads: 0 } });
    expect(await night()).toMatchObject({ counts: { leads: 1 } });
  });

  test("a lead stays one under a policy it would not meet, and a new policy looks at all of its window", async () => {
    const { night, store, json, contact } = product();
    await store(eightTouches("ada@example.com").slice(0, 5));
    expect(await night()).toMatchObject({ counts: { leads: 0 } });
    await json("PUT", "/v1/policy", 200, { key: keys.sales, body: { threshold: 5 } });
    expect(await night()).toMatchObject({ counts: { leads: 1 } });
    await json("PUT", "/v1/policy", 200, { key: keys.sales, body: { threshold: 50 } });
    expect(await night()).toMatchObject({ counts: { leads: 0 } });
    // Readers may go on with the policy before for a second.
    await vi.waitFor(async () => expect((await contact("ada@example.com"))?.threshold).toBe(50), 10_000);
    expect(await contact("ada@example.com")).toMatchObject({ lifecycle: "qualified", count: 5 });
  });

  test("a lead keeps its name and first campaign, however old they are", async () => {
    const { store, night, file, json } = product();
    await store([
      {
        channel: "form",
        occurredAt: daysAgo(500),
        identifiers: { email: "olga@example.com" },
        traits: { firstName: "Olga", company: "Firm" },
        campaign: { name: "Launch", source: "google", medium: "cpc" },
      },
      ...eightTouches("olga@example.com"),
    ]);
    await json("PUT", "/v1/policy", 200, { key: keys.sales, body: {} });
    const run = await night();
    const rows = parse(await file(run.runId, "leads.csv"), { columns: true }) as Record<string, string>[];
    expect(rows.find((row) => row.email === "olga@example.com")).toMatchObject({
      firstName: "Olga",
      company: "Firm",
      leadSource: "google/cpc",
      firstCampaign: "Launch",
    });
  });

  test("a browser that nobody is known behind is no lead", async () => {
    const { store, night } = product();
    await store(
      eightTouches("x@example.com").map((touch) => ({ ...touch, identifiers: { anonymous: "browser-1" } })),
    );
    expect(await night()).toMatchObject({ counts: { leads: 0 } });
  });

  test("the night waits for a run that somebody asked for, and is not forgotten", async () => {
    const { runtime, json, drain } = product();
    await json("POST", "/v1/exports", 202, { key: keys.admin, body: { asOf: daysAgo(3) } });
    await runtime.invoke("nightly", { v: 1, kind: "schedule", scheduledTime: "2026-02-03T04:00:00Z" });
    await drain();
    const { items } = await json("GET", "/v1/exports?limit=2", 200, { key: keys.read });
    expect(items.map((run: Json) => [run.state, run.asOf === null])).toEqual([
      ["completed", true],
      ["completed", false],
    ]);
  });

  test("the schedule's delivery twice is one run", async () => {
    const { runtime, drain, json } = product();
    const event = { v: 1, kind: "schedule", scheduledTime: "2026-01-02T04:00:00Z" };
    const before = (await json("GET", "/v1/exports", 200, { key: keys.read })).items.length;
    await runtime.invoke("nightly", event);
    await drain();
    await runtime.invoke("nightly", event);
    await drain();
    const { items } = await json("GET", "/v1/exports", 200, { key: keys.read });
    expect(items.length).toBe(before + 1);
    expect(items[0].state).toBe("completed");
  });
});
