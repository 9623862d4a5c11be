import { gzipSync } from "node:zlib";
import { S3Client } from "@aws-sdk/client-s3";
import { parse } from "csv-parse/sync";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Files } from "../../shared/files/files.ts";
import { findUpload } from "../../shared/files/uploads.ts";
import { uploadKey } from "../../shared/ingest/imports.ts";
import { importSchema, newImportAnswerSchema } from "../../shared/query/import-operations.ts";
import { type Json, keys, runProduct } from "./product.ts";

const product = runProduct();

const admin = { key: keys.admin };
const source = "local-server";

async function ask(body: Json): Promise<Json> {
  const asked = await product().json("POST", "/v1/imports", 201, { ...admin, body: { source, ...body } });
  expect(newImportAnswerSchema.safeParse(asked).error).toBeUndefined();
  return asked;
}

async function upload({ upload: { method, url, headers } }: Json, file: string | Buffer): Promise<void> {
  const response = await fetch(url, { method, headers, body: file });
  expect([response.status, await response.text()]).toEqual([200, ""]);
}

const start = ({ importId }: Json, status = 202): Promise<Json> =>
  product().json("POST", `/v1/imports/${importId}/start`, status, admin);

async function results({ importId }: Json): Promise<Record<string, string>[]> {
  const response = await product().request("GET", `/v1/imports/${importId}/results`, admin);
  expect(response.status).toBe(302);
  const file = await fetch(response.headers.get("location")!);
  expect(file.headers.get("content-disposition")).toContain(importId);
  return parse(await file.text(), { columns: true });
}

/** The bucket itself, for what no route shows. */
function bucket(): Files {
  const { endpoints, environment } = product().runtime;
  const client = new S3Client({
    region: environment.AWS_REGION,
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID!,
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY!,
    },
    endpoint: endpoints.s3,
    forcePathStyle: true,
  });
  onTestFinished(() => client.destroy());
  return { client, bucket: "exportsbucket" };
}

/** An import from its beginning to its end. */
async function importFile(body: Json, file: string | Buffer): Promise<Json> {
  const asked = await ask(body);
  await upload(asked, file);
  await start(asked);
  await product().drain();
  const done = await product().json("GET", `/v1/imports/${asked.importId}`, 200, admin);
  expect(importSchema.safeParse(done).error).toBeUndefined();
  return done;
}

const header = "E-Mail;Vorname;Firma;Gescannt am;Notizen\r\n";
const row = (index: number, day: number, notes = ""): string =>
  `person${index}@example.com;Pat;Müller GmbH;${day}.10.2026 09:${String(index % 60).padStart(2, "0")};${notes}\r\n`;
const berlin = { event: "Expo", timeZone: "Europe/Berlin" };

describe("a file too large for one request", () => {
  const size = 12_000;
  const bad = ["no address;Pat;Acme;21.10.2026 09:00;\r\n", "late@example.com;Pat;Acme;morgens;\r\n"];
  const firstDay = header + Array.from({ length: size }, (_, index) => row(index, 21)).join("");

  test("is taken in row by row, with a result for each", { timeout: 240_000 }, async () => {
    const done = await importFile({ ...berlin, name: "Day one" }, firstDay + bad.join(""));
    expect(done).toMatchObject({
      name: "Day one",
      state: "completed",
      counts: { rows: size + 2, accepted: size, refused: 2 },
      refusals: { invalid_email: 1, invalid_time: 1 },
      problem: null,
    });
    const lines = await results(done);
    expect(lines).toHaveLength(size + 2);
    expect(lines[0]).toMatchObject({
      row: "2",
      verdict: "accepted",
      touchId: expect.stringMatching(/^.{36}\..{36}$/),
    });
    expect(lines.slice(-2)).toMatchObject([
      { row: String(size + 2), verdict: "refused", code: "invalid_email", field: "identifiers.email" },
      {
        row: String(size + 3),
        verdict: "refused",
        code: "invalid_time",
        detail: expect.stringMatching(/^(?!row)/),
      },
    ]);
    for (const index of [0, 999, 1000, size - 1]) {
      expect(await product().contact(`person${index}@example.com`)).toMatchObject({
        touches: 1,
        traits: { company: "Müller GmbH" },
      });
    }

    // The next day's file has all of yesterday's rows, some written on, and new ones; this time packed.
    const nextDay = firstDay.replace(row(7, 21), row(7, 21, "called back")) + row(7, 22) + row(size, 22);
    const cumulative = await importFile(berlin, gzipSync(nextDay));
    expect(cumulative.counts).toEqual({ rows: size + 2, accepted: size + 2, refused: 0 });
    const touches = async (index: number) => (await product().contact(`person${index}@example.com`))?.touches;
    expect([await touches(0), await touches(7), await touches(size)]).toEqual([1, 2, 1]);
    expect((await results(cumulative))[5]?.touchId).toBe(lines[5]?.touchId);
  });
});

describe("an import", () => {
  const small = header + row(500_001, 21);

  test("touches the same as a list in a request", async () => {
    const { json, drain, contact } = product();
    const path = "/v1/check-ins?event=Expo&timeZone=Europe/Berlin";
    const headers = { "content-type": "text/csv" };
    const receipt = await json("POST", path, 202, { key: keys.server, body: small, headers });
    const done = await importFile(berlin, small);
    await drain();
    expect((await results(done))[0]?.touchId).toBe(receipt.ids[0]);
    expect((await contact("person500001@example.com"))?.touches).toBe(1);
  });

  test("waits for its file, begins once, and says so however often it is asked", async () => {
    const asked = await ask(berlin);
    expect(asked.state).toBe("awaiting_upload");
    expect((await start(asked, 409)).code).toBe("no_file");
    const early = await product().request("GET", `/v1/imports/${asked.importId}/results`, admin);
    expect([early.status, ((await early.json()) as Json).code]).toEqual([409, "not_completed"]);
    await upload(asked, header + row(500_002, 21));
    const started = await start(asked);
    expect((await start(asked)).startedAt).toBe(started.startedAt);
    await product().drain();
    const done = await start(asked);
    expect(done).toMatchObject({ state: "completed", startedAt: started.startedAt, counts: { accepted: 1 } });
    await product().drain();
    expect((await product().contact("person500002@example.com"))?.touches).toBe(1);
    const list = await product().json("GET", "/v1/imports?limit=1", 200, admin);
    expect(list).toMatchObject({ items: [{ importId: asked.importId }], next: expect.any(String) });
  });

  test("as a dry run stores nothing and shows what would be", async () => {
    const toCome = row(500_004, 21).replace("2026", "2099");
    const done = await importFile(
      { ...berlin, dryRun: true },
      header + row(500_003, 21) + row(500_004, 41) + toCome,
    );
    expect(done).toMatchObject({ state: "completed", dryRun: true, counts: { accepted: 1, refused: 2 } });
    expect((await results(done)).map(({ row, code }) => [row, code])).toEqual([
      ["2", ""],
      ["3", "invalid_time"],
      ["4", "future_time"],
    ]);
    expect(await product().contact("person500003@example.com")).toBeUndefined();
  });

  test.each([
    ["no header", "a;b\r\nc;d\r\n", "csv_header", 0],
    ["a quote that does not close", `${header}${row(500_005, 21)}"open;${"x;".repeat(99)}`, "invalid_csv", 1],
    ["a workbook", "PK\u0003\u0004\u0014\0\u0006\0", "workbook", 0],
    ["damaged gzip", gzipSync(small).subarray(0, 40), "invalid_gzip", 0],
    ["nothing in it", "", "csv_header", 0],
  ])("of a file with %s fails, keeping what was read", async (_, file, code, accepted) => {
    const done = await importFile(berlin, file);
    expect(done).toMatchObject({ state: "failed", problem: { code }, counts: { accepted } });
    expect(await results(done)).toHaveLength(accepted);
  });

  test("keeps the file it began with", async () => {
    const asked = await ask(berlin);
    await upload(asked, header + row(500_006, 21));
    const link = asked.upload.url as string;
    const key = uploadKey(asked.importId);
    const files = bucket();
    expect((await fetch(link.replace("/uploads/", "/exports/"), { method: "PUT", body: "x" })).status).toBe(
      403,
    );
    await start(asked);
    await product().drain();
    // The upload is gone; what comes over the link afterwards changes nothing, and goes when the import is started again.
    expect(await findUpload(files, key)).toBeUndefined();
    expect((await fetch(link, { method: "PUT", body: "Email\r\nx@example.com\r\n" })).status).toBe(200);
    expect(await findUpload(files, key)).toBeDefined();
    await start(asked);
    await product().drain();
    expect(await product().contact("x@example.com")).toBeUndefined();
    expect(await findUpload(files, key)).toBeUndefined();
  });

  test.each([
    ["no such source", { source: "nobody" }, "unknown_source"],
    ["a public source", { source: "local-website" }, "public_source"],
    ["no such time zone", { timeZone: "Mars" }, "invalid_time_zone"],
    ["a field it does not know", { timezone: "UTC" }, "unknown_field"],
  ])("with %s is refused", async (_, body, code) => {
    const refused = await product().json("POST", "/v1/imports", 400, { ...admin, body: { source, ...body } });
    expect(refused.code).toBe(code);
  });

  test("is an administrator's; one that is not there is not found", async () => {
    const { request } = product();
    expect((await request("POST", "/v1/imports", { key: keys.read, body: { source } })).status).toBe(403);
    expect((await request("GET", "/v1/imports/x", admin)).status).toBe(404);
    expect((await request("POST", "/v1/imports/20261121000000000-0000abcd/start", admin)).status).toBe(404);
  });
});

describe("a list in a request", () => {
  const csv = { "content-type": "text/csv" };

  test("tried first: what would become of it, and nothing does", async () => {
    const body = "Email,Scan Date\ndry@example.com,2026-10-21 09:00\ndry2@example.com,03/04/2026\n";
    const path = "/v1/check-ins?event=Expo&timeZone=Europe/Berlin&dryRun=true";
    const answer = await product().json("POST", path, 200, { key: keys.server, body, headers: csv });
    expect(answer).toMatchObject({
      dryRun: true,
      accepted: 1,
      rejected: [{ index: 1, code: "ambiguous_date", detail: expect.stringMatching(/^row 3: /) }],
      preview: [
        {
          row: 2,
          touchpoint: {
            occurredAt: "2026-10-21T07:00:00.000Z",
            identifiers: { email: "dry@example.com" },
            asset: { name: "Expo" },
          },
        },
        { refusal: { code: "ambiguous_date" } },
      ],
    });
    await product().drain();
    expect(await product().contact("dry@example.com")).toBeUndefined();
  });

  test("in UTF-16 with tabs, under a summary, mislabelled", async () => {
    const text =
      "1. Summary\r\nMeeting title\tExpo\r\n\r\nName\tFirst Join\tEmail\r\nPat\t11/21/25, 2:01:00 PM\ttabs@example.com\r\n";
    const answer = await product().json("POST", "/v1/check-ins?event=Expo&timeZone=UTC", 202, {
      key: keys.server,
      body: Buffer.from(text, "utf16le"),
      headers: { "content-type": "application/octet-stream" },
    });
    expect(answer.accepted).toBe(1);
    await product().drain();
    expect(await product().contact("tabs@example.com")).toMatchObject({
      lastTouchAt: "2025-11-21T14:01:00.000Z",
    });
  });

  test.each([
    ["timeZone=Mars", "invalid_time_zone"],
    ["dateOrder=YDM", "invalid_date_order"],
    ["dryRun=maybe", "invalid_dry_run"],
  ])("with ?%s is refused", async (query, code) => {
    const body = "Email\na@example.com\n";
    const answer = await product().json("POST", `/v1/check-ins?${query}`, 400, {
      key: keys.server,
      body,
      headers: csv,
    });
    expect(answer.code).toBe(code);
  });
});
