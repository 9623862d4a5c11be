import "./quiet.ts";
import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBServiceException,
  paginateQuery,
  QueryCommand,
} from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, S3ServiceException } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deleteFile, putFile, putFirstFile, readFile } from "../../shared/files/files.ts";
import { findUpload, openUpload } from "../../shared/files/uploads.ts";
import { sendAll } from "../../shared/queue/queue.ts";
import {
  deleteItem,
  getItem,
  type Item,
  putAll,
  putFirst,
  putItem,
  queryAll,
  queryPage,
  type Range,
  setOnce,
} from "../../shared/store/table.ts";
import { openMemoryWorld } from "./memory-world.ts";
import { receive, settle } from "./pump.ts";
import { type Fault, Worker } from "./worker.ts";
import { type Database, openWorld, scanFiles, scanTable, startDatabase, type World } from "./world.ts";

const start = "2026-03-20T12:00:00.000Z";

let database: Database;
let served: World;
beforeAll(async () => {
  database = await startDatabase();
  served = await openWorld(database, start);
});
afterAll(async () => {
  await served.close();
  await database.close();
});

type Call = (world: World) => Promise<unknown>;

const item = (pk: string, sk: string, more: Record<string, string | number> = {}): Item => ({
  pk,
  sk,
  ...more,
});
const lead = (n: number, status = "qualified") =>
  item(`person#${n}`, "lead#first", { gsi1pk: `leads#${status}`, gsi1sk: `2026-03-0${n}`, body: "{}" });
const run = { pk: "run", sk: "1" };
const pages =
  (pk: string, range: Range): Call =>
  async ({ table }) => {
    const first = await queryPage(table, pk, range);
    const second = first.last && (await queryPage(table, pk, { ...range, after: first.last }));
    return { first, second };
  };
const query =
  (input: object): Call =>
  async ({ table }) => {
    const { Items, Count } = await table.client.send(
      new QueryCommand({ TableName: table.name, KeyConditionExpression: "#pk = :pk", ...input }),
    );
    return { Items, Count };
  };
const batch =
  (...requests: object[]): Call =>
  ({ table }) =>
    table.client.send(new BatchWriteItemCommand({ RequestItems: { [table.name]: requests as never[] } }));
const text = (S: string) => ({ S });

/** Calls in the order in which they are made, on a table that was empty. */
const tableCalls: Record<string, Call> = {
  "an item that is not there": ({ table }) => getItem(table, run, true),
  "an item of texts and numbers": ({ table }) => putItem(table, item("run", "1", { body: "é€😀", n: 1.5 })),
  "the item": ({ table }) => getItem(table, run, true),
  "first where it is taken": ({ table }) => putFirst(table, item("run", "1", { body: "other" })),
  "first where it is free": ({ table }) => putFirst(table, item("run", "2", { body: "two" })),
  "set once": ({ table }) => setOnce(table, run, { outcome: "done", n: 2 }, "outcome"),
  "set once again": ({ table }) => setOnce(table, run, { outcome: "late", n: 3 }, "outcome"),
  "set of what is not there": ({ table }) => setOnce(table, { pk: "run", sk: "9" }, { a: 1 }, "a"),
  "what was set": ({ table }) => getItem(table, run),
  "put over": ({ table }) => putItem(table, item("run", "2", { other: "only" })),
  "what was put over": ({ table }) => getItem(table, { pk: "run", sk: "2" }),
  many: ({ table }) =>
    putAll(
      table,
      Array.from({ length: 33 }, (_, n) => item("many", `at#${String(n).padStart(2, "0")}`, { n })),
    ),
  "many, all": ({ table }) => queryAll(table, "many"),
  "many, backwards": ({ table }) => queryAll(table, "many", { descending: true }),
  "from and to": ({ table }) => queryAll(table, "many", { from: "at#05", to: "at#11" }),
  from: ({ table }) => queryAll(table, "many", { from: "at#05~" }),
  to: ({ table }) => queryAll(table, "many", { to: "at#05" }),
  prefix: ({ table }) => queryAll(table, "many", { beginsWith: "at#1", descending: true }),
  "nothing there": ({ table }) => queryAll(table, "many", { beginsWith: "b" }),
  "from behind to": ({ table }) => queryAll(table, "many", { from: "b", to: "a" }),
  "pages of three": pages("many", { limit: 3, from: "at#10" }),
  "pages of three, backwards": pages("many", { limit: 3, descending: true, to: "at#10" }),
  "a page just full": pages("many", { limit: 3, from: "at#30" }),
  "a page not full": pages("many", { limit: 4, from: "at#30" }),
  "behind what is out of range": ({ table }) =>
    queryPage(table, "many", { from: "at#10", after: { pk: "many", sk: "at#05" } }),
  "behind what is gone": async ({ table }) => {
    await deleteItem(table, { pk: "many", sk: "at#20" });
    return queryPage(table, "many", { from: "at#10", limit: 2, after: { pk: "many", sk: "at#20" } });
  },
  "leads in the index": async ({ table }) => {
    for (const n of [3, 1, 2]) await putItem(table, lead(n));
    return queryAll(table, "leads#qualified", { index: "leads" });
  },
  "the index's newest first": pages("leads#qualified", {
    index: "leads",
    descending: true,
    limit: 2,
    from: "0",
  }),
  "one that leaves the index's partition": async ({ table }) => {
    await setOnce(table, { pk: "person#2", sk: "lead#first" }, { gsi1pk: "leads#exported", run: 1 }, "run");
    return queryAll(table, "leads#qualified", { index: "leads" });
  },
  "the index consistently": query({
    IndexName: "leads",
    ConsistentRead: true,
    ExpressionAttributeNames: { "#pk": "gsi1pk" },
    ExpressionAttributeValues: { ":pk": text("leads#qualified") },
  }),
  "a part of the items that pass a filter": async ({ table }) => {
    const input = {
      ProjectionExpression: "#sk, n",
      FilterExpression: "n >= :least AND n <> :not",
      ExpressionAttributeNames: { "#pk": "pk", "#sk": "sk" },
      ExpressionAttributeValues: { ":pk": text("many"), ":least": { N: "29" }, ":not": { N: "31" } },
    };
    const all: unknown[] = [];
    for await (const page of paginateQuery(table, {
      TableName: table.name,
      KeyConditionExpression: "#pk = :pk",
      ...input,
    }))
      all.push(...(page.Items ?? []));
    return all;
  },
  "a filter of a key": query({
    FilterExpression: "#sk <> :not",
    ExpressionAttributeNames: { "#pk": "pk", "#sk": "sk" },
    ExpressionAttributeValues: { ":pk": text("many"), ":not": text("at#31") },
  }),
  "a batch of puts and deletes": batch(
    { PutRequest: { Item: { pk: text("mixed"), sk: text("1") } } },
    { DeleteRequest: { Key: { pk: text("many"), sk: text("at#00") } } },
  ),
  "a batch with one key twice": batch(
    { PutRequest: { Item: { pk: text("mixed"), sk: text("1") } } },
    { DeleteRequest: { Key: { pk: text("mixed"), sk: text("1") } } },
  ),
  "a batch of nothing": batch(),
  "a key that is empty": ({ table }) => putItem(table, item("", "1")),
  "deleted where a condition fails": ({ table }) =>
    table.client.send(
      new DeleteItemCommand({
        TableName: table.name,
        Key: { pk: text("mixed"), sk: text("1") },
        ConditionExpression: "attribute_exists(#gone) OR #sk = :other",
        ExpressionAttributeNames: { "#gone": "gone", "#sk": "sk" },
        ExpressionAttributeValues: { ":other": text("2") },
      }),
    ),
  deleted: ({ table }) => deleteItem(table, { pk: "mixed", sk: "1" }),
  "deleted again": ({ table }) => deleteItem(table, { pk: "mixed", sk: "1" }),
  "everything there is": async (world) =>
    (await scanTable(world)).toSorted((a, b) => (`${a.pk} ${a.sk}` < `${b.pk} ${b.sk}` ? -1 : 1)),
};

const fileCalls: Record<string, Call> = {
  "a file that is not there": ({ files }) => readFile(files, "exports/1/a"),
  "a file put first": ({ files }) => putFirstFile(files, "exports/1/a", "é one", "text/plain"),
  "put first again": ({ files }) => putFirstFile(files, "exports/1/a", "two", "text/plain"),
  "the file": ({ files }) => readFile(files, "exports/1/a"),
  "put over": async ({ files }) => {
    await putFile(files, "exports/1/a", "three", "text/plain");
    await putFile(files, "exports/1/b", "four", "text/plain");
    return readFile(files, "exports/1/a");
  },
  "every version": async (world) => (await scanFiles(world)).map(({ key, body }) => ({ key, body })),
  "an older version": async (world) => {
    const { key, versionId } = (await scanFiles(world)).find(({ body }) => body === "é one")!;
    const { client, bucket: Bucket } = world.files;
    const answer = await client.send(new GetObjectCommand({ Bucket, Key: key, VersionId: versionId }));
    return answer.Body?.transformToString();
  },
  "what is known of it": ({ files }) => findUpload(files, "exports/1/b"),
  "as a stream": async ({ files }) => {
    const { etag } = (await findUpload(files, "exports/1/b"))!;
    return (await openUpload(files, "exports/1/b", etag))
      ?.toArray()
      .then((all) => Buffer.concat(all).toString());
  },
  "another than it was": ({ files }) => openUpload(files, "exports/1/b", '"other"'),
  deleted: async ({ files }) => {
    await deleteFile(files, "exports/1/a");
    return readFile(files, "exports/1/a");
  },
  "deleted, but not its versions": async (world) => (await scanFiles(world)).length,
  "put first where it was deleted": ({ files }) => putFirstFile(files, "exports/1/a", "five", "text/plain"),
};

const bodies = async (world: World, most: number) =>
  (await receive(world.touchpoints, most)).map(({ body }) => body);
const again = async (world: World) => {
  const received = await receive(world.touchpoints);
  await settle(world.touchpoints, received, new Set(received.map(({ messageId }) => messageId)));
  return received.map(({ body }) => body);
};

const queueCalls: Record<string, Call> = {
  "nothing there": (world) => bodies(world, 10),
  sent: (world) => sendAll(world.touchpoints, ["one", "two", "three"]),
  "one of them": (world) => bodies(world, 1),
  "the others, one of them done": async ({ touchpoints }) => {
    const received = await receive(touchpoints);
    await settle(touchpoints, received, new Set([received[0]!.messageId]));
    return received.map(({ body }) => body);
  },
  "what came back": again,
  "and again": again,
  "and again, twice": async (world) => [await again(world), await again(world)],
  "once too often": again,
  "what nobody could do": async ({ deadLetters }) => (await receive(deadLetters)).map(({ body }) => body),
  depths: async (world) => world.depths(),
};

/** What a caller hears: an answer without the SDK's remarks, or which error. */
async function heard(call: Call, world: World): Promise<unknown> {
  try {
    const answer = await call(world);
    if (answer === null || typeof answer !== "object" || !("$metadata" in answer)) return { answer };
    const { $metadata: _, ConsumedCapacity: __, ...rest } = answer as Record<string, unknown>;
    return { answer: rest };
  } catch (error) {
    if (error instanceof DynamoDBServiceException || error instanceof S3ServiceException)
      return { error: error.name, status: error.$metadata.httpStatusCode };
    throw error;
  }
}

describe.each([
  { kind: "table", calls: tableCalls },
  { kind: "bucket", calls: fileCalls },
  { kind: "queues", calls: queueCalls },
])("the $kind in memory answers as the server does", ({ calls }) => {
  let memory: World;
  beforeAll(async () => {
    memory = await openMemoryWorld(start);
  });
  test.each(Object.entries(calls))("%s", async (_, call) => {
    expect(await heard(call, memory)).toEqual(await heard(call, served));
  });
});

test.each<[string, Fault, object]>([
  ["dies before a call", { kind: "dies", at: 1, sent: false }, { done: false, left: ["1"] }],
  ["dies after a call", { kind: "dies", at: 1, sent: true }, { done: false, left: ["1", "2"] }],
  [
    "hears nothing of one",
    { kind: "outage", at: 1, calls: 1, sent: true },
    { done: false, left: ["1", "2"] },
  ],
])(
  "a worker in memory that %s leaves what it wrote",
  async (_, fault, { done, left }: { done?: boolean; left?: string[] }) => {
    const world = await openMemoryWorld(start);
    const ended = await new Worker(fault).run(async () => {
      for (const sk of ["1", "2", "3"]) await putItem(world.table, item("written", sk));
    });
    expect(ended.done).toBe(done);
    expect((await queryAll(world.table, "written")).map(({ sk }) => sk)).toEqual(left);
  },
);

test("a batch in memory of which AWS takes a part is put whole in the end", async () => {
  const world = await openMemoryWorld(start);
  const items = Array.from({ length: 9 }, (_, n) => item("throttled", String(n)));
  const ended = await new Worker({ kind: "throttled", batches: 2, keep: 2 }).run(() =>
    putAll(world.table, items),
  );
  expect(ended).toEqual({ done: true, value: new Set() });
  expect(await queryAll(world.table, "throttled")).toEqual(items);
});
