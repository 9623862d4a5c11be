import { describe, expect, test } from "vitest";
import { checkInBatch, parseCheckIns, previewOf } from "../../../shared/ingest/check-ins.ts";
import { listSettings } from "../../../shared/ingest/list-settings.ts";
import { acceptTouchpoint } from "../../../shared/touchpoint/accept.ts";

const namespace = "9b2d3c61-6a53-4c0a-8d8e-0c7b1f5a2e11";
const settings = listSettings({ event: "Expo", timeZone: "Europe/Berlin" });

const now = new Date("2026-11-23T08:00:00.000Z");

/** What the rows of a list are stored under. */
const keysOf = (text: string, receivedAt = "2026-11-23T08:00:00.000Z") => {
  const body = { kind: "csv" as const, text };
  const { candidates, eventIds } = checkInBatch(body, settings, namespace, new Date(receivedAt));
  return candidates.map((candidate, index) => {
    if ("refusal" in candidate) return candidate.refusal.code;
    const accepted = acceptTouchpoint(candidate.item, candidate.touchpoint, {
      source: "scanner",
      sourceType: "server",
      route: "check-ins",
      scope: eventIds[index] ?? "",
      receivedAt,
      namespace,
      freshId: "fresh",
    });
    if ("refusal" in accepted) return accepted.refusal.code;
    const { touchId, hash16 } = accepted.fact.touch;
    return `${touchId} ${hash16}`;
  });
};

describe("a list that grows", () => {
  const first =
    "Email,Scan Date,Notes\na@example.com,2026-11-21 09:00,\nb@example.com,2026-11-21 09:05,hot\n";

  test("names its rows by who and when: notes, case, delimiter and new rows change nothing", () => {
    const second = `Scan Date;Notes;Email;Rating
21.11.2026 09:05;very hot;B@Example.com;5
21.11.2026 09:00;called back;a@example.com;1
22.11.2026 10:00;;a@example.com;
`;
    const [a, b] = keysOf(first);
    const [again, before, fresh] = keysOf(second);
    expect([before, again]).toEqual([a, b]);
    expect(new Set([a, b, fresh]).size).toBe(3);
  });

  test("once a person and event, where it has no times", () => {
    const [yesterday] = keysOf("Email,Attended\na@example.com,Yes\n");
    expect(keysOf("Email,Attended,Notes\na@example.com,Yes,x\n", "2026-11-24T08:00:00.000Z")).toEqual([
      yesterday,
    ]);
  });

  test.each([
    ["with times", ",Scan Date", ",2026-11-21 09:00"],
    ["without", ",Attended", ",Yes"],
  ])("whose rows are numbered anew names them the same, %s", (_, column, cell) => {
    const header = `ID,Badge ID,Email${column}\n`;
    const [first] = keysOf(`${header}1,1,rt@example.com${cell}\n`);
    const later = keysOf(
      `${header}1,1,rt9@example.com${cell}\n2,2,rt@example.com${cell}\n`,
      "2026-11-24T08:00:00.000Z",
    );
    expect(later[1]).toBe(first);
    expect(later[0]).not.toBe(first);
  });

  test("what it says of the person is part of what it says", () => {
    const row = (company: string) =>
      keysOf(`Email,Scan Date,Company\na@example.com,2026-11-21,${company}\n`)[0]!;
    const [id, hash] = row("Acme").split(" ");
    const [sameId, otherHash] = row("Other").split(" ");
    expect(sameId).toBe(id);
    expect(otherHash).not.toBe(hash);
  });

  test("carries no address in an id", () => {
    const [one] = checkInBatch({ kind: "csv", text: first }, settings, namespace, now).candidates;
    expect(JSON.stringify((one as { touchpoint: { id: string } }).touchpoint.id)).not.toContain("example");
  });

  test("a row without a usable address is refused for it", () => {
    expect(keysOf("Email,Scan Date\nno address,2026-11-21\n,2026-11-21\n")).toEqual([
      "invalid_email",
      "missing_identifier",
    ]);
    expect(keysOf("Email,Name\nTotal: 1\n")).toEqual(["invalid_email"]);
  });
});

describe("a row ahead of its list's arrival", () => {
  const text =
    "Email,Scan Date\na@example.com,2026-11-23T08:01:00Z\nb@example.com,2026-11-23T23:00:00Z\nc@example.com,2026-11-23T23:00:01Z\n";
  const batch = checkInBatch({ kind: "csv", text }, settings, namespace, now);

  test("by what no zone explains is refused, saying how it was read", () => {
    expect(keysOf(text)).toEqual([expect.any(String), expect.stringContaining(" "), "future_time"]);
    expect(batch.candidates[2]).toMatchObject({
      refusal: {
        code: "future_time",
        field: "checkedInAt",
        detail: expect.stringMatching(/^row 4: .*2026-11-23T23:00:01\.000Z/),
      },
    });
  });

  test("by less is shown at the time that it would be stored with", () => {
    expect(previewOf(batch, now)).toMatchObject([
      { row: 2, touchpoint: { occurredAt: "2026-11-23T08:01:00.000Z" } },
      { row: 3, touchpoint: { occurredAt: "2026-11-23T08:00:00.000Z" } },
      { refusal: { code: "future_time" } },
    ]);
  });

  test("is named by what it says, whenever it is sent", () => {
    const later = keysOf(text, "2026-11-24T08:00:00.000Z");
    expect(later.slice(0, 2)).toEqual(keysOf(text).slice(0, 2));
  });
});

describe("what is said of a list", () => {
  test.each([
    [{ timeZone: "Berlin" }, "invalid_time_zone"],
    [{ timeZone: "+01:00" }, "invalid_time_zone"],
    [{ dateOrder: "DYM" }, "invalid_date_order"],
  ])("%j is refused: %s", (said, code) => {
    expect(() => listSettings(said)).toThrow(
      expect.objectContaining({ members: expect.objectContaining({ status: 400, code }) }),
    );
  });

  test("event is a name beside eventId, and what is empty is not said", () => {
    expect(listSettings({ event: "Expo", eventId: "e1", timeZone: "", dateOrder: "dmy" })).toEqual({
      event: { id: "e1", name: "Expo" },
      timeZone: undefined,
      dateOrder: "DMY",
    });
  });
});

test.each([
  ["its label", "text/csv", "Email,Name\na@example.com,A\n"],
  ["another", "application/octet-stream", "Summary\n\nEmail\tName\na@example.com\tA\n"],
  ["curl's", "application/x-www-form-urlencoded", "Topic\nA=B\nEmail,Name\na@example.com,A\n"],
  ["none", undefined, "Email\na@example.com\n"],
])("a list is known by its header, with %s", async (_, type, text) => {
  expect(parseCheckIns(Buffer.from(text), type)).toEqual({ kind: "csv", text });
});

test("a preview shows what the first rows were read as", () => {
  const rows = Array.from({ length: 12 }, (_, i) => `p${i}@example.com`).join("\n");
  const text = `Email\nnobody\n${rows}\n`;
  const preview = previewOf(checkInBatch({ kind: "csv", text }, settings, namespace, now), now);
  expect(preview).toHaveLength(10);
  expect(preview[1]).toMatchObject({ row: 3, touchpoint: { identifiers: { email: "p0@example.com" } } });
});
