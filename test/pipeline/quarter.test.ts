import { afterAll, expect, test } from "vitest";
import { readFile } from "../../shared/files/files.ts";
import { ClockedProduct, startReceiver } from "./clocked-product.ts";
import type { Json } from "./product.ts";

/*
 * A quarter of sales and marketing at Acme, told once and written down before it is run. Sales defines the lead, marketing brings
 * people, nights hand them over, sales answers late, early and in the wrong order, deals are won and lost, the definition changes
 * half way; and everything that happens comes in through the API alone.
 */
const story = `
who   | what happens                                                          | lead since | policy | ends as
Otto  | was one before the policy went live                                   | 30 Dec     |      1 | baseline
Ann   | answered within two hours, told in the wrong order; buys in March     | 08 Jan     |      1 | accepted
Ben   | answered late: no budget; comes back sixty days later                 | 08 Jan     |      1 | rejected
Cleo  | not now; asked to be called again in February, and is                 | 08 Jan     |      1 | recycled
Eli   | two of his touches were a colleague's tests                           | 08 Jan     |      1 | withdrawn
Dev   | asks for a demo: sales hears it at once and calls                     | 20 Jan     |      1 | contacted
Fay   | held until her company is known; nobody answers                       | 28 Jan     |      1 | exported
Cleo  | again                                                                 | 05 Feb     |      1 | accepted
Hal   | a lead under the new definition only                                  | 10 Feb     |      2 | rejected
Ben   | again                                                                 | 04 Mar     |      2 | accepted
Ivy   | just handed over                                                      | 02 Apr     |      2 | exported
Gus   | is a customer already                                                 |            |        |
`;

const weeks = `
week     | handed over | in time | late | overdue | not yet due | withdrawn | rate | accepted | rejected | recycled
2026-W02 |           4 |       2 |    1 |       0 |           0 |         1 | 0.667 |       1 |        1 |        1
2026-W04 |           1 |       1 |    0 |       0 |           0 |         0 | 1    |        0 |        0 |        0
2026-W06 |           1 |       0 |    0 |       1 |           0 |         0 | 0    |        0 |        0 |        0
2026-W08 |           2 |       2 |    0 |       0 |           0 |         0 | 1    |        1 |        1 |        0
2026-W12 |           1 |       1 |    0 |       0 |           0 |         0 | 1    |        1 |        0 |        0
2026-W14 |           1 |       0 |    0 |       0 |           1 |         0 | null |        0 |        0 |        0
`;

const owners = `
owner | handed over | in time | late | overdue | not yet due | withdrawn | accepted | rejected | recycled | won
dana  |           6 |       4 |    1 |       0 |           0 |         1 |        3 |        1 |        1 |   1
kenji |           4 |       2 |    0 |       1 |           1 |         0 |        0 |        1 |        0 |   0
`;

const rowsOf = (table: string): string[][] =>
  table
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split("|").map((cell) => cell.trim()));

const start = "2026-01-05T08:00:00.000Z";
const day = 24 * 60 * 60 * 1000;

const receiver = await startReceiver();
const product = await ClockedProduct.open(start);
afterAll(() => receiver.close());

const emails: Record<string, string> = Object.fromEntries(
  ["Otto", "Ann", "Ben", "Cleo", "Dev", "Eli", "Fay", "Gus", "Hal", "Ivy"].map((name) => [
    name,
    `${name.toLowerCase()}@${name.toLowerCase()}.example`,
  ]),
);
/** Germans are Dana's, everybody else Kenji's. */
const germans = new Set(["Ann", "Ben", "Cleo", "Eli"]);

let messages = 0;
const touch = (who: string, channel: string, campaign: string, occurredAt: string, more: Json = {}): Json => {
  messages += 1;
  return {
    id: `m-${messages}`,
    channel,
    occurredAt,
    identifiers: { email: emails[who] },
    traits: {
      firstName: who,
      country: germans.has(who) ? "DE" : "JP",
      ...(who !== "Fay" && { company: `${who} Ltd` }),
    },
    campaign: { name: campaign },
    ...more,
  };
};

/** A form a day over as many days, and a check-in on the last: the channels that the definition asks for. */
const series = (who: string, last: string, count: number, campaign = "Winter"): Json[] =>
  Array.from({ length: count }, (_, n) =>
    touch(
      who,
      n === count - 1 ? "check_in" : "form",
      campaign,
      new Date(Date.parse(last) - (count - 1 - n) * day).toISOString(),
    ),
  );

const sales = (method: string, path: string, body?: Json | Json[] | string) =>
  product.ask("sales", method, path, body);
const must = async (asked: ReturnType<typeof sales>): Promise<Json> => {
  const { status, body } = await asked;
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  await product.drain();
  return body;
};

const runs: string[] = [];
/** The night of a day, at four. */
async function night(date: string): Promise<void> {
  product.at(`${date}T04:00:00.000Z`);
  const { runId } = await must(product.ask("admin", "POST", "/v1/exports", {}));
  runs.push(String(runId));
}
const leadOf = async (who: string): Promise<Json> => {
  const { body } = await sales("GET", `/v1/contacts?email=${encodeURIComponent(emails[who]!)}`);
  const [contact] = body.items as Json[];
  const leads = contact!.leads as Json[];
  return leads.at(-1)!;
};
const feedback = async (who: string, occurredAt: string, outcome: string, more: Json = {}): Promise<Json> =>
  must(
    sales("POST", `/v1/leads/${(await leadOf(who)).leadId}/feedback`, {
      id: `${who}-${occurredAt}`,
      outcome,
      occurredAt,
      ...more,
    }),
  );
/** Whoever is at sales opens the night's file. */
const download = async (at: string): Promise<void> => {
  product.at(at);
  expect((await sales("GET", `/v1/exports/${runs.at(-1)}/files/leads.csv`)).status).toBe(302);
};
const deal = (id: string, who: string, fields: Json): Promise<Json> =>
  must(sales("PUT", `/v1/deals/${id}`, { contacts: [{ email: emails[who], role: "buyer" }], ...fields }));

const calendar = { timeZone: "UTC", days: [1, 2, 3, 4, 5], from: "09:00", to: "17:00" };
const definition = {
  threshold: 4,
  minChannels: 2,
  windowDays: 60,
  requalifyAfterDays: 60,
  goLive: "2026-01-06T00:00:00Z",
  fastTrack: [{ name: "demo", channel: "form", asset: "demo-request" }],
  require: { traits: ["company"] },
  serviceLevel: { hours: 8, calendar },
  owners: [{ owner: "dana", country: "DE" }, { owner: "kenji" }],
};

test("a quarter ends in the figures that were written down", { timeout: 120_000 }, async () => {
  // Monday: history is imported, a receiver is registered, and sales writes down what a lead is.
  await product.send(...series("Otto", "2025-12-30T10:00:00Z", 4));
  await must(product.ask("admin", "POST", "/v1/webhook-endpoints", { url: receiver.url }));
  await deal("0061", "Gus", {
    stage: "Closed Won",
    amount: "1200.00",
    currency: "EUR",
    closedAt: "2025-11-01T00:00:00Z",
    updatedAt: "2025-11-01T00:00:00Z",
  });
  const draft = await must(sales("POST", "/v1/policies", definition));
  expect(draft).toMatchObject({ version: 1, state: "draft" });

  await must(sales("POST", "/v1/policies/1/what-if"));
  const whatIf = (await sales("GET", "/v1/policies/1/what-if")).body;
  expect(whatIf).toMatchObject({ state: "completed" });
  // Otto has four touches; nobody has the eight that the built-in policy asks for.
  expect(whatIf).toMatchObject({ gained: 1, lost: 0 });
  expect((await sales("GET", "/v1/policy")).body.version).toBe(0);

  await must(
    sales("POST", "/v1/policies/1/approve", { comment: "as agreed on Monday", from: "2026-01-06T00:00:00Z" }),
  );
  await night("2026-01-06");

  // Four people qualify on Thursday and are handed over on Friday.
  for (const who of ["Ann", "Ben", "Cleo", "Eli"]) {
    product.at("2026-01-08T12:00:00Z");
    await product.send(...series(who, "2026-01-08T10:00:00Z", 4));
  }
  await night("2026-01-09");
  await download("2026-01-09T09:00:00Z");

  product.at("2026-01-09T16:00:00Z");
  await feedback("Ann", "2026-01-09T15:00:00Z", "accepted", { by: "dana" });
  await feedback("Ann", "2026-01-09T11:00:00Z", "contacted", { by: "dana" });
  await feedback("Cleo", "2026-01-09T12:00:00Z", "recycled", { until: "2026-02-16T00:00:00Z", by: "dana" });

  // Eli's colleagues tested the form under his name.
  product.at("2026-01-12T10:00:00Z");
  const eli = await leadOf("Eli");
  const evidence = (await sales("GET", `/v1/leads/${eli.leadId}`)).body.touches as Json[];
  for (const { id } of evidence.slice(0, 2))
    await must(
      sales("POST", `/v1/touchpoints/${id}/verdict`, { verdict: "machine", reason: "our own test" }),
    );
  await night("2026-01-13");
  product.at("2026-01-13T12:00:00Z");
  await feedback("Ben", "2026-01-13T12:00:00Z", "rejected", { reason: "no_budget", by: "dana" });

  // Dev asks for a demo: no night is needed. Gus does enough for a lead, and buys from us already.
  product.at("2026-01-20T10:00:00Z");
  await product.send(...series("Gus", "2026-01-20T09:00:00Z", 4));
  await product.send(
    touch("Dev", "form", "Website", "2026-01-20T10:00:00Z", {
      asset: { id: "demo-request", name: "Demo request" },
    }),
  );
  expect(receiver.events.filter(({ type }) => type === "lead.created").at(-1)).toMatchObject({
    data: { email: emails.Dev },
  });
  product.at("2026-01-20T12:00:00Z");
  await product.send(touch("Dev", "call", "Website", "2026-01-20T11:30:00Z", { direction: "outbound" }));
  await night("2026-01-21");
  product.at("2026-01-21T12:00:00Z");
  await feedback("Dev", "2026-01-21T10:00:00Z", "contacted", { by: "kenji" });
  await deal("0062", "Dev", {
    stage: "Proposal",
    amount: "900.50",
    currency: "EUR",
    owner: "kenji",
    updatedAt: "2026-01-21T12:00:00Z",
  });

  // Fay has done enough, but nobody knows for whom she works.
  product.at("2026-01-28T12:00:00Z");
  await product.send(...series("Fay", "2026-01-28T10:00:00Z", 4));
  await night("2026-01-29");
  const held = (await sales("GET", `/v1/contacts?email=${emails.Fay}`)).body.items as Json[];
  expect(held[0]).toMatchObject({ held: [{ code: "trait_missing", name: "company" }], leads: [] });
  product.at("2026-02-03T12:00:00Z");
  await product.send(
    touch("Fay", "page", "Website", "2026-02-03T12:00:00Z", { traits: { company: "Fay Ltd" } }),
  );
  await night("2026-02-04");
  product.at("2026-02-05T00:00:00Z");
  expect(await product.watch()).toBe(1);
  expect(await product.watch()).toBe(0);
  expect(receiver.events.filter(({ type }) => type === "lead.overdue")).toHaveLength(1);

  // Cleo reads on; but her time comes on the sixteenth, on a day when she does nothing.
  product.at("2026-02-05T12:00:00Z");
  await product.send(...series("Cleo", "2026-02-05T10:00:00Z", 4, "Spring"));
  await night("2026-02-06");
  expect((await leadOf("Cleo")).cycle).toBe("first");
  await night("2026-02-16");
  await download("2026-02-16T09:30:00Z");
  product.at("2026-02-16T12:00:00Z");
  await feedback("Cleo", "2026-02-16T10:30:00Z", "accepted", { by: "dana" });

  // Half way, sales lowers the bar.
  await must(sales("POST", "/v1/policies", { ...definition, threshold: 3 }));
  await must(sales("POST", "/v1/policies/2/approve", { comment: "too few", from: "2026-02-18T00:00:00Z" }));
  product.at("2026-02-16T13:00:00Z");
  await product.send(...series("Hal", "2026-02-10T10:00:00Z", 3));
  await night("2026-02-17");
  expect((await sales("GET", `/v1/contacts?email=${emails.Hal}`)).body.items).toMatchObject([{ leads: [] }]);
  await night("2026-02-18");
  await download("2026-02-18T10:00:00Z");
  product.at("2026-02-18T11:00:00Z");
  // As a CRM gives it, in one file.
  await must(
    product.ask(
      "sales",
      "POST",
      "/v1/feedback",
      "Email,Lead Status,Rejection Reason,Last Modified Date,Lead Owner\r\n" +
        `${emails.Hal},Unqualified,not_a_fit,2026-02-18T11:00:00Z,kenji\r\n`,
    ),
  );

  // March: one deal is won, another lost; Ben is back sixty days after he said no.
  product.at("2026-03-02T12:00:00Z");
  await deal("0063", "Ann", {
    stage: "Closed Won",
    amount: "48000.00",
    currency: "EUR",
    closedAt: "2026-03-02T00:00:00Z",
    owner: "dana",
    updatedAt: "2026-03-02T12:00:00Z",
  });
  await deal("0062", "Dev", {
    stage: "Closed Lost",
    amount: "900.50",
    currency: "EUR",
    owner: "kenji",
    closedAt: "2026-03-02T00:00:00Z",
    updatedAt: "2026-03-02T12:00:00Z",
  });
  product.at("2026-03-05T12:00:00Z");
  await product.send(...series("Ben", "2026-03-04T10:00:00Z", 3, "Spring"));
  await night("2026-03-06");
  expect((await leadOf("Ben")).cycle).toBe("first");
  // Sixty days after noon of 13 January is noon of 14 March.
  await night("2026-03-14");
  expect((await leadOf("Ben")).cycle).toBe("first");
  await night("2026-03-16");
  await download("2026-03-16T09:00:00Z");
  product.at("2026-03-16T10:00:00Z");
  await feedback("Ben", "2026-03-16T10:00:00Z", "accepted", { by: "dana" });

  product.at("2026-04-02T12:00:00Z");
  await product.send(...series("Ivy", "2026-04-02T10:00:00Z", 3, "Spring"));
  await night("2026-04-03");
  product.at("2026-04-03T10:00:00Z");

  // What the ledger says.
  const leads = (await sales("GET", "/v1/leads?limit=200")).body.items as Json[];
  const names = Object.fromEntries(
    await Promise.all(
      Object.entries(emails).map(async ([who, email]) => {
        const { body } = await sales("GET", `/v1/contacts?email=${email}`);
        return [((body.items as Json[])[0] as Json).id, who] as const;
      }),
    ),
  ) as Record<string, string>;
  const dayText = (time: string) =>
    `${time.slice(8, 10)} ${["Jan", "Feb", "Mar", "Apr"][Number(time.slice(5, 7)) - 1] ?? "Dec"}`;
  const ledger = leads
    .map(({ contactId, qualifiedAt, policyVersion, status }) => ({
      at: String(qualifiedAt),
      row: [names[String(contactId)], dayText(String(qualifiedAt)), String(policyVersion), status],
    }))
    .sort((a, b) => (a.at + a.row[0] < b.at + b.row[0] ? -1 : 1))
    .map(({ row }) => row);
  const told = rowsOf(story)
    .filter(([, , since]) => since)
    .map(([who, , since, policy, status]) => [who, since, policy, status]);
  expect(ledger).toEqual(told);

  // What the two teams can tell each other.
  const report = (await product.ask("read", "GET", "/v1/handoff?from=2026-01-05T00:00:00Z")).body;
  const figures = (group: Json): Json[] => {
    const { handedOver, marketing: m, sales: s } = group as unknown as Record<string, Record<string, number>>;
    return [
      handedOver,
      s!.inTime,
      s!.late,
      s!.overdue,
      s!.notYetDue,
      s!.withdrawn,
      m,
      s,
    ] as unknown as Json[];
  };
  const byWeek = (report.weeks as Json[]).map((group) => {
    const [handed, inTime, late, overdue, notYet, withdrawn, m, s] = figures(group);
    return [
      group.week,
      handed,
      inTime,
      late,
      overdue,
      notYet,
      withdrawn,
      s!.inTimeRate,
      m!.accepted,
      m!.rejected,
      m!.recycled,
    ].map(String);
  });
  expect(byWeek).toEqual(rowsOf(weeks));
  const byOwner = (report.owners as Json[]).map((group) => {
    const [handed, inTime, late, overdue, notYet, withdrawn, m] = figures(group);
    return [
      group.owner,
      handed,
      inTime,
      late,
      overdue,
      notYet,
      withdrawn,
      m!.accepted,
      m!.rejected,
      m!.recycled,
      m!.won,
    ].map(String);
  });
  expect(byOwner).toEqual(rowsOf(owners));
  expect(report.total).toMatchObject({ handedOver: 10, sales: { inTimeRate: 0.75 } });
  expect(report.waiting).toMatchObject([
    { state: "overdue", owner: "kenji" },
    { state: "not_yet_due", owner: "kenji" },
  ]);

  // Each lead was handed over once, and the one withdrawal was told once.
  const files = await Promise.all(
    runs.map(async (runId) => (await sales("GET", `/v1/exports/${runId}`)).body),
  );
  expect(files.map(({ counts }) => (counts as Json).leads)).toEqual([
    0, 4, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1,
  ]);
  const changes = await Promise.all(
    runs.map((runId) => readFile(product.world.files, `exports/${runId}/changes.csv`)),
  );
  const withdrawals = changes.flatMap((file) => rowsOf(file?.replaceAll(",", "|") ?? ""));
  expect(withdrawals).toEqual([expect.arrayContaining([String(eli.leadId), "withdrawn", "verdict", "000002"])]);
  expect(receiver.events.filter(({ type }) => type === "lead.created")).toHaveLength(10);
});
