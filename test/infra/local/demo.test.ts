import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { v5 as uuidV5 } from "uuid";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { readDemoArguments } from "../../../infra/local/demo/arguments.ts";
import { attendeeList } from "../../../infra/local/demo/attendee-list.ts";
import { campaigns } from "../../../infra/local/demo/campaigns.ts";
import { type DemoResult, fillDemo } from "../../../infra/local/demo/fill.ts";
import { inventQuarter, type Quarter } from "../../../infra/local/demo/quarter.ts";
import { reportOf } from "../../../infra/local/demo/report.ts";
import { type Runtime, startRuntime } from "../../../infra/local/runtime.ts";
import type { LeadRecord } from "../../../shared/lead/lead.ts";
import { evaluate } from "../../../shared/policy/evaluate.ts";
import { starterPolicy } from "../../../shared/policy/policy.ts";
import { checkInFrom, checkInsFromCsv } from "../../../shared/request/check-ins.ts";
import { foldTouches } from "../../../shared/timeline/timeline.ts";
import { acceptTouchpoint } from "../../../shared/touchpoint/accept.ts";
import type { Touch } from "../../../shared/touchpoint/touch.ts";
import { temporaryFolder } from "./handlers.ts";

const day = 24 * 60 * 60 * 1000;
const quarters = fc.record({
  seed: fc.nat(999_999),
  now: fc.date({ min: new Date("2025-01-01"), max: new Date("2030-01-01"), noInvalidDate: true }),
  people: fc.integer({ min: 10, max: 90 }),
});

/** The touches that a quarter becomes by the product's own rules, and why any of it does not. */
function accepted(quarter: Quarter): { touches: Touch[]; refusals: unknown[] } {
  const { id, name } = campaigns.fair;
  const rows = checkInsFromCsv(attendeeList(quarter.scans, { id, name })).rows;
  const sent = [
    ...quarter.touchpoints.map((touchpoint) => ({ item: touchpoint, read: { touchpoint, eventId: "" } })),
    ...quarter.checkIns.map((checkIn) => ({ item: checkIn, read: checkInFrom(checkIn) })),
    ...rows.map(({ checkIn }) => ({ item: checkIn, read: checkInFrom(checkIn) })),
  ];
  const touches: Touch[] = [];
  const refusals: unknown[] = [];
  for (const { item, read } of sent) {
    const result =
      "refusal" in read
        ? read
        : acceptTouchpoint(item, read.touchpoint, {
            source: "demo",
            sourceType: "server",
            route: "demo",
            scope: read.eventId,
            receivedAt: quarter.end,
            namespace: uuidV5.URL,
            freshId: "none",
          });
    if ("refusal" in result) refusals.push(result.refusal);
    else touches.push(result.fact.touch);
  }
  return { touches, refusals };
}

describe("the invented quarter", () => {
  test("is the same for the same seed, time and people, and another for another seed", () => {
    fc.assert(
      fc.property(quarters, (options) => {
        const quarter = inventQuarter(options);
        expect(inventQuarter(options)).toEqual(quarter);
        expect(inventQuarter({ ...options, seed: options.seed + 1 }).people).not.toEqual(quarter.people);
      }),
      { numRuns: 10 },
    );
  });

  test("holds nothing that would be refused, and no id twice", () => {
    fc.assert(
      fc.property(quarters, (options) => {
        const quarter = inventQuarter(options);
        const { touches, refusals } = accepted(quarter);
        expect(refusals).toEqual([]);
        expect(touches).toHaveLength(
          quarter.touchpoints.length + quarter.checkIns.length + quarter.scans.length,
        );
        expect(new Set(touches.map(({ touchId }) => touchId)).size).toBe(touches.length);
      }),
      { numRuns: 15 },
    );
  });

  test("lies in thirteen weeks up to now, on working days, but for the one who was keen long ago", () => {
    fc.assert(
      fc.property(quarters, (options) => {
        const quarter = inventQuarter(options);
        const { longAgo } = quarter.curiosities;
        for (const { occurredAt, claimedAt, identifiers } of accepted(quarter).touches) {
          // What lies ahead would be set to the time of its arrival.
          expect(claimedAt).toBeUndefined();
          const time = Date.parse(occurredAt);
          expect(time).toBeLessThanOrEqual(options.now.getTime());
          const age = (options.now.getTime() - time) / day;
          if (identifiers.email === longAgo.email) expect(age).toBeGreaterThan(180);
          else expect(age).toBeLessThan(91);
          expect([1, 2, 3, 4, 5]).toContain(new Date(time).getUTCDay());
        }
      }),
      { numRuns: 15 },
    );
  });

  test("only grows as the week goes on", () => {
    const at = (now: string) => inventQuarter({ seed: 7, people: 60, now: new Date(now) });
    const [monday, friday] = [at("2026-11-16T08:00:00Z"), at("2026-11-20T18:00:00Z")];
    expect(friday.touchpoints.length).toBeGreaterThan(monday.touchpoints.length);
    expect(friday.touchpoints.slice(0, monday.touchpoints.length)).toEqual(monday.touchpoints);
  });

  test("is of people and companies that nobody can be mistaken for", () => {
    const { people } = inventQuarter({ seed: 7, people: 400, now: new Date("2026-11-22T12:00:00Z") });
    expect(new Set(people.map(({ email }) => email)).size).toBe(400);
    expect(people.filter(({ email }) => !/^[a-z0-9.-]+@[a-z0-9-]+\.(example|test)$/.test(email))).toEqual([]);
    expect(new Set(people.map(({ company }) => company.domain)).size).toBeGreaterThan(120);
    expect(new Set(people.map(({ company }) => company.region.country)).size).toBeGreaterThan(10);
  });

  test.each([
    [1, "2026-11-16T00:30:00Z"],
    [7, "2026-11-22T12:00:00Z"],
    [8, "2027-01-06T09:00:00Z"],
    [9, "2028-02-29T23:00:00Z"],
  ])("makes a few leads of four hundred people (seed %i, %s)", (seed, now) => {
    const quarter = inventQuarter({ seed, people: 400, now: new Date(now) });
    const byPerson = Map.groupBy(accepted(quarter).touches, ({ identifiers }) => identifiers.email!);
    const leads = [...byPerson].filter(([email, touches]) => {
      const person = { emails: [email], unsubscribed: false, doNotContact: false };
      return evaluate(foldTouches(touches), starterPolicy, now, person).qualifiedAt !== null;
    });
    expect(leads.length).toBeGreaterThanOrEqual(10);
    expect(leads.length).toBeLessThanOrEqual(25);
    const emails = leads.map(([email]) => email);
    for (const person of Object.values(quarter.curiosities)) expect(emails).not.toContain(person.email);
  });
});

describe("the demo", () => {
  let runtime: Runtime;
  let first: DemoResult;
  let second: DemoResult;
  const options = { seed: 7, people: 100 };

  const get = async <Answer>(path: string): Promise<Answer> => {
    const headers = { authorization: "Bearer local-sales-key" };
    const response = await fetch(`${runtime.url}${path}`, { headers });
    expect(response.status).toBe(200);
    return (await response.json()) as Answer;
  };

  beforeAll(async () => {
    const dataDirectory = join(temporaryFolder(afterAll), "data");
    runtime = await startRuntime({ port: 0, dataDirectory });
    afterAll(() => runtime.stop());
    const now = new Date();
    first = await fillDemo({ ...options, url: runtime.url, now });
    second = await fillDemo({ ...options, url: `${runtime.url}/`, now });
  }, 120_000);

  test("hands over leads that meet the starter policy by their own evidence", async () => {
    expect(first.night.exported.length).toBeGreaterThan(0);
    for (const { leadId } of first.night.exported) {
      const { touches } = await get<LeadRecord>(`/v1/leads/${leadId}`);
      const count = (keyOf: (touch: (typeof touches)[number]) => string | undefined) =>
        Object.entries(Object.groupBy(touches, (touch) => keyOf(touch) ?? "none"))
          .filter(([key]) => key !== "none")
          .map(([, alike]) => alike!.length);
      expect(touches.length).toBeGreaterThanOrEqual(8);
      expect(count(({ channel }) => channel).length).toBeGreaterThanOrEqual(2);
      expect(Math.max(...count(({ campaign }) => campaign?.id))).toBeLessThanOrEqual(3);
      expect(touches.filter(({ channel }) => channel === "email_click").length).toBeLessThanOrEqual(4);
      const days = count(({ channel, campaign, occurredAt }) =>
        campaign?.id ? `${channel} ${campaign.id} ${occurredAt.slice(0, 10)}` : undefined,
      );
      expect(Math.max(...days)).toBe(1);
    }
  });

  test("finds everything accepted again, in the timelines or in quarantine", async () => {
    const { deliveries, touchIds, clicks, caught } = first.sent;
    const sum = (of: "sent" | "accepted" | "rejected") =>
      deliveries.reduce((total, line) => total + line[of], 0);
    expect({ rejected: sum("rejected"), accepted: sum("accepted") }).toEqual({
      rejected: 0,
      accepted: sum("sent"),
    });
    expect(first.tally.touches + first.caught).toBe(sum("accepted"));
    expect(touchIds.size + clicks + caught).toBe(sum("accepted"));
    const byContact = Map.groupBy(touchIds, (id) => id.split(".")[0]!);
    for (const [contactId, ids] of [...byContact].slice(0, 15)) {
      const { items } = await get<{ items: { id: string; source: string }[] }>(
        `/v1/contacts/${contactId}/timeline?limit=200`,
      );
      const sent = items.filter(({ source }) => source !== "tracked-links").map(({ id }) => id);
      expect(sent.toSorted()).toEqual(ids.toSorted());
    }
  });

  test("run again hands over nobody twice, and adds only what has no id of its sender's", () => {
    expect(second.night.exported).toEqual([]);
    expect(second.night.handedOver).toBe(first.night.exported.length);
    expect(second.tally.touches).toBe(first.tally.touches + second.sent.clicks);
    expect(second.policyVersion).toBe(first.policyVersion);
    expect(reportOf(second).join("\n")).toContain("handed nobody to sales");
  });

  test("lets sales answer the leads, and shows both teams how they stand", async () => {
    const leads = first.night.exported.length;
    const { oneByOne, listed, silent } = first.sales;
    expect(oneByOne + listed + silent).toBe(leads);
    const { total, owners } = first.handOff;
    expect(total).toMatchObject({
      handedOver: leads,
      sales: { inTime: oneByOne + listed, late: 0, overdue: 0, notYetDue: silent, inTimeRate: 1 },
    });
    expect(owners.map(({ owner }) => owner).slice(0, 2)).toEqual(["Ada", "Sam"]);
    const { items } = await get<{ items: { status: string }[] }>("/v1/leads?limit=200");
    const counted = ({ status }: { status: string }) => items.filter((one) => one.status === status).length;
    expect(total.marketing.accepted).toBeGreaterThan(0);
    for (const status of ["accepted", "rejected", "recycled"] as const)
      expect({ status, count: counted({ status }) }).toEqual({ status, count: total.marketing[status] });
    expect(reportOf(first).join("\n")).toMatch(
      new RegExp(`^ +all +${leads} +${oneByOne + listed} +0 +0 +${silent} `, "m"),
    );
  });

  test("has a customer who never was a lead, beside those who were", () => {
    const { open, won } = first.sales.deals;
    expect(open).toBe(1);
    expect(won).toBe(first.handOff.total.marketing.won + 1);
  });

  test("run again leaves sales nothing to answer, and no figure moves", () => {
    expect(second.sales).toMatchObject({ oneByOne: 0, listed: 0, silent: 0 });
    expect(second.handOff.total).toEqual(first.handOff.total);
    expect(reportOf(second).join("\n")).toContain("Sales had nothing new to answer.");
  });

  test("shows why three people are no leads", () => {
    expect(first.examples).toEqual([
      expect.objectContaining({ counted: 4, reasons: expect.arrayContaining(["capped"]) }),
      expect.objectContaining({ counted: 0, reasons: ["role_address"] }),
      expect.objectContaining({ counted: 0, reasons: expect.arrayContaining(["out_of_window"]) }),
    ]);
  });

  test("ends with an evidence page and a file that open", async () => {
    const report = reportOf(first).join("\n");
    const [lead] = first.night.exported;
    const page = /^ +(http\S+\/e\/\S+)$/m.exec(report)?.[1];
    expect(await (await fetch(page!)).text()).toContain(lead!.lastName);
    const file = /(http\S+leads\.csv)$/m.exec(report)?.[1];
    const csv = await fetch(file!, { headers: { authorization: "Bearer local-sales-key" } });
    expect((await csv.text()).trim().split("\r\n")).toHaveLength(first.night.exported.length + 1);
  });
});

describe("the demo's command", () => {
  const command = async (...args: string[]) => {
    const main = resolve(import.meta.dirname, "../../../infra/local/demo.ts");
    const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    const [error, [code]] = await Promise.all([text(child.stderr!), once(child, "exit")]);
    return { code: code as number, error };
  };

  const answering = async (status = 404) => {
    const server = createServer((_request, response) => response.writeHead(status).end("{}")).listen(
      0,
      "127.0.0.1",
    );
    await once(server, "listening");
    const close = () => void server.close();
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
  };

  test("says in one line how to start what it is to fill", async () => {
    const { url, close } = await answering();
    close();
    expect(await command("--url", url)).toEqual({
      code: 1,
      error: `touchline: nothing answers at ${url}: start it with npm start, in another shell\n`,
    });
  });

  test("says in one line that something else runs there", async () => {
    const { url, close } = await answering();
    onTestFinished(close);
    const { code, error } = await command("--url", url);
    expect(code).toBe(1);
    expect(error).toMatch(/^touchline: what answers at http:\S+ was not started with npm start.*\n$/);
  });

  test("says in one line that it has to wait for what is starting", async () => {
    const { url, close } = await answering(503);
    onTestFinished(close);
    expect(await command("--url", url)).toMatchObject({
      code: 1,
      error: expect.stringMatching(/^touchline: http:\S+ is not ready yet.*\n$/),
    });
  });

  test.each([
    [["--people", "9"], /^--people 9: a number from 10 to 20000/],
    [["--seed", "x"], /^--seed x: a seed is a whole number/],
    [["--url", "localhost:3000"], /^--url localhost:3000: an address such as/],
    [["--nothing"], /^Unknown option '--nothing'/],
  ])("refuses %j", (args, message) => {
    expect(() => readDemoArguments(args)).toThrow(message);
  });
});
