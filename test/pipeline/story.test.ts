import { expect, test } from "vitest";
import { daysAgo, type Json, keys, runProduct } from "./product.ts";

/*
 * A spring at Acme, told once and written down before it is run. Ada reads on two devices and comes to the fair, where she checks in
 * at a kiosk that everybody uses; Acme's mail scanner clicks before she does; Bob's address was mistyped by a form and lives on as
 * somebody else's; Eve asks to be forgotten while her events are still being sent.
 */
const story = `
who    | day | channel     | campaign      | counted | why not
Ada    |  12 | form        | Guide         | yes     |
Ada    |  10 | form        | Webinar       | yes     |
Ada    |   9 | form        | Price List    | yes     |
Ada    |   8 | form        | Demo          | yes     |
Ada    |   7 | email_click | March Mailing | no      | machine: head_request
Ada    |   7 | email_click | March Mailing | no      | machine: burst
Ada    |   7 | email_click | March Mailing | no      | machine: burst
Ada    |   7 | email_click | March Mailing | yes     |
Ada    |   6 | check_in    | Spring Fair   | yes     |
Ada    |   5 | meeting     | Meeting       | yes     |
Ada    |   4 | email_click | April Mailing | no      | machine: shared_address
Ada    |   3 | form        | Question      | yes     |
Ada    |   3 | form        | Question      | no      | repeat
Bob    |   9 | form        | Guide         | yes     |
Bob    |   8 | form        | Webinar       | yes     |
Bobb   |   8 | form        | Guide         | yes     |
Bobb   |   2 | form        | Question      | yes     |
Carl   |   6 | check_in    | Spring Fair   | yes     |
Carl   |   4 | email_click | April Mailing | yes     |
Dora   |   6 | check_in    | Spring Fair   | yes     |
Dora   |   4 | email_click | April Mailing | no      | machine: shared_address
`;

const people: Record<string, string> = {
  Ada: "ada@acme.example",
  Bob: "bob@acme.example",
  Bobb: "bobb@acme.example",
  Carl: "carl@acme.example",
  Dora: "dora@acme.example",
};
const eve = "eve@elsewhere.example";

const product = runProduct();

let messages = 0;
const touch = (
  day: number,
  channel: string,
  campaign: string,
  identifiers: Json,
  more: Json & { minute?: number; second?: number } = {},
): Json => {
  const { minute = 0, second = 0, ...rest } = more;
  messages += 1;
  const clock = `${String(minute).padStart(2, "0")}:${String(second).padStart(2, "0")}`;
  return {
    id: `m-${messages}`,
    channel,
    occurredAt: daysAgo(day).replace("00:00.000Z", `${clock}.000Z`),
    identifiers,
    campaign: { name: campaign },
    ...rest,
  };
};

const browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36";
const click = (day: number, campaign: string, email: string, path: string, at: Json, more: Json = {}): Json =>
  touch(
    day,
    "email_click",
    campaign,
    { email },
    {
      ...at,
      asset: { id: campaign, url: `https://acme.example/${path}` },
      client: { userAgent: browser, ip: "203.0.113.9" },
      ...more,
    },
  );

const { Ada, Bob, Bobb, Carl, Dora } = people as Record<string, string>;

const adas = (): Json[] => [
  touch(12, "form", "Guide", { anonymous: "laptop" }),
  touch(10, "form", "Webinar", { anonymous: "laptop", email: Ada }),
  touch(9, "form", "Price List", { anonymous: "phone" }),
  touch(8, "form", "Demo", { anonymous: "phone", email: Ada }),
  click(7, "March Mailing", Ada!, "a", { minute: 1 }, { properties: { method: "HEAD" } }),
  click(7, "March Mailing", Ada!, "a", { minute: 1, second: 10 }),
  click(7, "March Mailing", Ada!, "b", { minute: 1, second: 11 }),
  click(7, "March Mailing", Ada!, "b", { minute: 42 }),
  touch(6, "check_in", "Spring Fair", { anonymous: "kiosk", email: Ada }),
  touch(5, "meeting", "Meeting", { email: Ada, crm: "hubspot:1" }),
  touch(3, "form", "Question", { email: Ada }),
  touch(3, "form", "Question", { crm: "hubspot:1" }, { minute: 5 }),
];

const bobs = (): Json[] => [
  touch(9, "form", "Guide", { email: Bob, crm: "hubspot:2" }),
  touch(8, "form", "Guide", { email: Bobb, crm: "hubspot:2" }),
  touch(8, "form", "Webinar", { email: Bob }, { minute: 9 }),
  touch(2, "form", "Question", { email: Bobb }),
];

/** Whoever comes to the fair checks in at one kiosk, and answers there without a name. */
const fair = (): Json[] => [
  ...[Carl, Dora, ...Array.from({ length: 20 }, (_, n) => `guest${n}@visitors.example`)].map((email, n) =>
    touch(6, "check_in", "Spring Fair", { anonymous: "kiosk", email }, { minute: n + 1 }),
  ),
  touch(6, "form", "Survey", { anonymous: "kiosk" }, { minute: 3 }),
];

/** One gateway opens what comes for all of them within minutes; Carl reads at home, an hour later. */
const april = (): Json[] => {
  const gateway = { client: { userAgent: browser, ip: "198.51.100.7" } };
  const scanned = [Ada!, Dora!, ...[1, 2, 3].map((n) => `colleague${n}@acme.example`)];
  return [
    ...scanned.map((email, n) => click(4, "April Mailing", email, "offer", { second: n * 10 }, gateway)),
    click(
      4,
      "April Mailing",
      Carl!,
      "offer",
      { minute: 59 },
      { client: { userAgent: browser, ip: "192.0.2.4" } },
    ),
  ];
};

const eves = (): Json[] =>
  Array.from({ length: 8 }, (_, n) =>
    touch(9 - n, "form", `Paper ${n}`, { email: eve, user: "eve-77" }, { traits: { lastName: "Forgotten" } }),
  );

const found = async (email: string): Promise<Json | undefined> => {
  const path = `/v1/contacts?email=${encodeURIComponent(email)}`;
  return (await product().json("GET", path, 200, { key: keys.read })).items[0];
};

/** The evidence of everybody, as the story's table tells it. */
async function evidenceTable(): Promise<string> {
  const rows = ["who | day | channel | campaign | counted | why not"];
  for (const [name, email] of Object.entries(people)) {
    const { id } = (await found(email))!;
    const { touches } = await product().json("GET", `/v1/contacts/${id}/evidence`, 200, { key: keys.sales });
    for (const { occurredAt, channel, campaign, counted, reason, machine } of touches) {
      const day = Math.round(
        (Date.parse(daysAgo(0)) - Date.parse(`${occurredAt.slice(0, 10)}T10:00Z`)) / 864e5,
      );
      const why = reason === "machine" ? `machine: ${machine.reason}` : (reason ?? "");
      rows.push([name, day, channel, campaign.name, counted ? "yes" : "no", why].join(" | "));
    }
  }
  return rows.join("\n");
}

const plain = (table: string): string =>
  table
    .trim()
    .split("\n")
    .map((line) =>
      line
        .split("|")
        .map((cell) => cell.trim())
        .join(" | "),
    )
    .join("\n");

test("a spring at Acme ends in the evidence that was written down before", async () => {
  const { json, store, night, drain, file, request } = product();
  const eveSends = eves();
  for (const part of [adas(), bobs(), fair(), april(), eveSends])
    expect((await store(part)).rejected).toEqual([]);

  const bob = (await found(Bob!))!;
  await json("POST", `/v1/contacts/${bob.id}/unlink`, 200, {
    key: keys.read,
    body: { identifier: `email:${Bobb}`, reason: "mistyped in the form; she is somebody else" },
  });

  const first = await night();
  const exported = await file(first.runId, "leads.csv");
  expect(
    exported
      .split("\r\n")
      .slice(1, -1)
      .map((line) => line.split(",")[2])
      .sort(),
  ).toEqual([Ada, eve]);

  // Her events come again while she is being forgotten: by a client that retries, and behind the queue.
  const eveContact = (await found(eve))!;
  const resend = () => request("POST", "/v1/touchpoints", { key: keys.server, body: eveSends });
  const [again, erasure] = await Promise.all([
    resend(),
    json("DELETE", `/v1/contacts/${eveContact.id}`, 202, { key: keys.admin }),
    resend(),
  ]);
  expect(again.status).toBe(202);
  expect(erasure.exports.map(({ runId }: Json) => runId)).toEqual([first.runId]);
  await resend();
  await drain();
  const second = await night();

  expect(await evidenceTable()).toBe(plain(story));
  expect(await found(eve)).toBeUndefined();
  expect(second.counts.leads).toBe(0);
  expect(await file(first.runId, "leads.csv")).not.toContain(eve);
  expect(await file(first.runId, "leads.csv")).toContain(Ada);
  expect((await json("GET", `/v1/erasures/${erasure.id}`, 200, { key: keys.admin })).state).toBe("completed");
});
