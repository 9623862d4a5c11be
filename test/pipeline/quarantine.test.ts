import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { type Files, readFile } from "../../shared/files/files.ts";
import * as answers from "../../shared/query/answers.ts";
import { putQuarantine } from "../../shared/store/quarantine.ts";
import { getItem, putFirst, type Table } from "../../shared/store/table.ts";
import { namespaceKey, quarantineKey } from "../../shared/table/keys.ts";
import type { QuarantineFact } from "../../shared/touchpoint/message.ts";
import { parseQuarantineId, publicQuarantineId } from "../../shared/touchpoint/quarantine-id.ts";
import { type Json, keys, runProduct } from "./product.ts";

const product = runProduct();
const admin = { key: keys.admin };

const list = (query = "", status = 200) => product().json("GET", `/v1/quarantine${query}`, status, admin);
const whole = (id: string, status = 200) => product().json("GET", `/v1/quarantine/${id}`, status, admin);
const remove = async (id: string) =>
  (await product().request("DELETE", `/v1/quarantine/${id}`, admin)).status;
const replay = (body: Json, status = 200) =>
  product().json("POST", "/v1/quarantine/replay", status, { ...admin, body });
const hasShape = (schema: z.core.$ZodType, value: unknown) =>
  expect(z.safeParse(schema, value).error?.issues ?? []).toEqual([]);

/** A form whose honeypot is filled. */
async function trapped(fields: string): Promise<void> {
  const response = await product().request("POST", "/v1/forms/contact", {
    key: keys.server,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: fields,
  });
  expect(response.status).toBe(202);
  await product().drain();
}

/** The table and the bucket themselves, for what no route makes or shows. */
let table: Table;
let files: Files;
beforeAll(async () => {
  const { endpoints, environment, tableName } = product().runtime;
  const own = {
    region: environment.AWS_REGION,
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID!,
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY!,
    },
  };
  table = { client: new DynamoDBClient({ ...own, endpoint: endpoints.dynamodb }), name: tableName };
  const client = new S3Client({ ...own, endpoint: endpoints.s3, forcePathStyle: true });
  files = { client, bucket: "exportsbucket" };
  // Nothing is looked for before the deployment's first day.
  const first = { v: 1, namespace: randomUUID(), madeAt: ago(3 * 24 * 60) };
  expect(await putFirst(table, { ...namespaceKey, body: JSON.stringify(first) })).toBe(true);
  await product().store([{ channel: "page", identifiers: { email: "queue@example.com" } }]);
  return () => {
    table.client.destroy();
    client.destroy();
  };
});

/** Something that was put into quarantine a while ago. @returns its public id */
async function put(fact: Partial<QuarantineFact> & { body: string; receivedAt: string }): Promise<string> {
  const { body, ...rest } = fact;
  const entry: QuarantineFact = {
    kind: "quarantine",
    id: randomUUID(),
    source: "queue",
    route: "process",
    reason: "not_processed",
    contentType: "application/json",
    raw: Buffer.from(body).toString("base64"),
    ...rest,
  };
  await putQuarantine(table, files, entry);
  return publicQuarantineId(entry);
}

const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

/** The message of one touch, as it travels through the queue. */
const messageOf = async (email: string): Promise<string> => {
  const { id } = (await product().contact(email))!;
  const touchId = randomUUID();
  const at = ago(60);
  const touch = { identifierId: id, touchId, hash16: "0".repeat(16), channel: "form", direction: "inbound" };
  const rest = { occurredAt: at, receivedAt: at, source: "local-server", identifiers: { email } };
  return JSON.stringify({
    v: 1,
    facts: [{ kind: "touch", touch: { ...touch, ...rest }, identifierIds: { email: id } }],
  });
};

describe("one entry", () => {
  test("is listed without its bytes, and shown with them", async () => {
    const sent = "email=bot@example.com&message=%C3%BC&_gotcha=yes";
    await trapped(sent);
    const { items } = await list("?reason=honeypot&limit=1");
    hasShape(answers.listOf(answers.quarantineEntrySchema), { items, next: null });
    expect(items[0]).toMatchObject({
      source: "local-server",
      route: "forms/contact",
      reason: "honeypot",
      contentType: "application/x-www-form-urlencoded",
      bytes: sent.length,
    });
    expect(JSON.stringify(items)).not.toContain("bot@example.com");
    const shown = await whole(items[0].id);
    hasShape(answers.quarantineAnswerSchema, shown);
    expect(shown).toMatchObject({ ...items[0], encoding: "utf8", raw: sent });
  });

  test("that is no text is shown in base64", async () => {
    const bytes = Buffer.concat([Buffer.from("_gotcha=1&name="), Buffer.from([0xff, 0xfe, 0x00])]);
    const id = await put({ body: "", raw: bytes.toString("base64"), receivedAt: ago(1) });
    expect(await whole(id)).toMatchObject({ encoding: "base64", raw: bytes.toString("base64") });
  });

  test("however large is shown whole, and taken out without a trace", async () => {
    const sent = `email=large@example.com&message=${"x".repeat(300_000)}`;
    const id = await put({ body: sent, receivedAt: ago(1) });
    expect((await whole(id)).raw).toBe(sent);
    const place = parseQuarantineId(id)!;
    const stored = await getItem(table, quarantineKey(place.receivedAt, place.id));
    const file = String(stored?.file);
    expect(await readFile(files, file)).toHaveLength(Buffer.from(sent).toString("base64").length);
    expect(await remove(id)).toBe(204);
    expect(await readFile(files, file)).toBeUndefined();
    await whole(id, 404);
    expect(await remove(id)).toBe(404);
  });

  test.each(["0", "x.y", "1763700000000.nobody", "9999999999999.nobody", "../sources"])(
    "that there is not: %s",
    async (id) => {
      await whole(encodeURIComponent(id), 404);
    },
  );
});

describe("the list", () => {
  const received = [5, 4, 3, 2, 1].map(ago);
  beforeAll(async () => {
    for (const [index, receivedAt] of received.entries()) {
      const [source, reason] = [index % 2 ? "odd" : "even", index < 3 ? "early" : "late"];
      await put({
        source,
        reason,
        receivedAt,
        body: "{}",
        route: "segment",
        field: "type",
        detail: "is unknown",
      });
    }
  });

  const timesOf = async (query: string) =>
    (await list(query)).items.map(({ receivedAt }: Json) => received.indexOf(receivedAt));

  test.each([
    ["?source=even", [4, 2, 0]],
    ["?source=odd&reason=late", [3]],
    ["?reason=early", [2, 1, 0]],
    ["?reason=nothing", []],
  ])("filtered %s is newest first", async (query, indexes) => {
    expect(await timesOf(query)).toEqual(indexes);
  });

  test("between two times, both inclusive, and of whole days", async () => {
    const query = `?source=even&from=${received[2]}&to=${received[4]}`;
    expect(await timesOf(query)).toEqual([4, 2]);
    const day = received[4]!.slice(0, 10);
    expect(await timesOf(`?source=even&from=${day}&to=${day}`)).toContain(4);
    expect((await list("?source=even&to=2020-01-01")).items).toEqual([]);
  });

  test("tells what is wrong with an entry", async () => {
    const [entry] = (await list("?source=odd&limit=1")).items;
    expect(entry).toMatchObject({ field: "type", detail: "is unknown" });
  });

  test("joins up from its pages, whatever their size and filter", async () => {
    for (const filter of ["source=even", "source=odd", "reason=early", ""]) {
      const all = (await list(`?${filter}`)).items;
      for (const limit of [1, 2]) {
        const joined: Json[] = [];
        let cursor = "";
        do {
          const page = await list(`?${filter}&limit=${limit}${cursor && `&cursor=${cursor}`}`);
          joined.push(...page.items);
          cursor = page.next ?? "";
        } while (cursor);
        expect(joined).toEqual(all);
      }
    }
  });

  test.each(["?from=yesterday", "?cursor=xxx", "?limit=0", "?until=2026-01-01", "?cursor=WyIyMDI2IiwiLSJd"])(
    "refused %s",
    async (query) => {
      expect(await list(query, 400)).toMatchObject({ field: query.slice(1).split("=")[0] });
    },
  );

  test("takes a cursor of another filter for a place and nothing more", async () => {
    const { next } = await list("?source=even&limit=1");
    expect((await list(`?source=odd&to=${received[0]}&cursor=${next}`)).items).toEqual([]);
  });
});

describe("replay", () => {
  test("sends a message that could not be processed to its queue again, and lets it go", async () => {
    const body = await messageOf("queue@example.com");
    const id = await put({ body, receivedAt: ago(30) });
    const answer = await replay({ ids: [id] });
    hasShape(answers.replayAnswerSchema, answer);
    expect(answer).toEqual({ replayed: 1, stillQuarantined: [], notFound: [], next: null });
    await product().drain();
    expect(await product().contact("queue@example.com")).toMatchObject({ touches: 2 });
    await whole(id, 404);
    // Again it is not there, and nothing is done twice.
    expect(await replay({ ids: [id] })).toMatchObject({ replayed: 0, notFound: [id] });
  });

  test("leaves what still cannot be used, and says why", async () => {
    const id = await put({ body: '{"v":99}', receivedAt: ago(30), reason: "unreadable_message" });
    expect(await replay({ reason: "unreadable_message" })).toMatchObject({
      replayed: 0,
      stillQuarantined: [{ id, code: "unreadable_message", detail: expect.any(String) }],
    });
    expect((await whole(id)).raw).toBe('{"v":99}');
    const nowhere = await put({ body: "{}", receivedAt: ago(30), route: "pigeon", source: "local-server" });
    expect((await replay({ ids: [nowhere] })).stillQuarantined).toMatchObject([{ id: nowhere }]);
  });

  test("goes through many, oldest first, in as many requests as it takes", async () => {
    const ids: string[] = [];
    for (const minutes of [29, 28, 27]) {
      const body = await messageOf("queue@example.com");
      ids.push(await put({ body, receivedAt: ago(minutes), source: "many" }));
    }
    const left = async () => (await list("?source=many")).items.map(({ id }: Json) => id);
    const first = await replay({ source: "many", limit: 2 });
    expect(first).toMatchObject({ replayed: 2, next: expect.any(String) });
    expect(await left()).toEqual([ids[2]]);
    expect(await replay({ source: "many", limit: 2, cursor: first.next })).toMatchObject({ replayed: 1 });
    expect(await left()).toEqual([]);
  });

  test("tries each that stays once, and comes to an end", async () => {
    const ids: string[] = [];
    for (const minutes of [26, 25, 24])
      ids.push(await put({ body: "{", receivedAt: ago(minutes), source: "stuck" }));
    const tried: string[] = [];
    let cursor: string | undefined;
    do {
      const answer = await replay({ source: "stuck", limit: 1, ...(cursor ? { cursor } : {}) });
      tried.push(...answer.stillQuarantined.map(({ id }: Json) => id));
      expect(tried.length).toBeLessThanOrEqual(ids.length);
      cursor = answer.next ?? undefined;
    } while (cursor);
    expect(tried).toEqual(ids);
  });

  test("of ids takes only those that its filter also means", async () => {
    const id = await put({ body: await messageOf("queue@example.com"), receivedAt: ago(20), source: "mine" });
    expect(await replay({ ids: [id], source: "yours" })).toMatchObject({ replayed: 0, notFound: [id] });
    expect(await replay({ ids: [id], source: "mine" })).toMatchObject({ replayed: 1 });
  });

  test.each<[Json, string]>([
    [{}, "no_filter"],
    [{ limit: 10 }, "no_filter"],
    [{ source: "x", limit: 501 }, "invalid_field"],
    [{ ids: "all" }, "invalid_field"],
    [{ source: "x", cursor: "nonsense" }, "invalid_cursor"],
  ])("refused %j", async (body, code) => {
    expect(await replay(body, 400)).toMatchObject({ code });
  });

  test("is for administrators", async () => {
    for (const key of [keys.read, keys.sales]) {
      await product().json("POST", "/v1/quarantine/replay", 403, { key, body: { source: "x" } });
    }
  });
});
