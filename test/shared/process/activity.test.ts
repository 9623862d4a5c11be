import "../../laws/quiet.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SourceActivity } from "../../../shared/process/activity.ts";
import { type Processing, processMessages } from "../../../shared/process/process.ts";
import { readActivity, readLastUsableAt } from "../../../shared/store/activity.ts";
import { acceptTouchpoint } from "../../../shared/touchpoint/accept.ts";
import { encodeMessages, type Fact, type TallyFact } from "../../../shared/touchpoint/message.ts";
import { type Fault, Worker } from "../../laws/worker.ts";
import {
  type Database,
  namespace,
  openWorld,
  processingOf,
  startDatabase,
  type World,
} from "../../laws/world.ts";

let database: Database;
let world: World;
beforeAll(async () => {
  database = await startDatabase();
  world = await openWorld(database, "2026-11-21T10:00:00.000Z");
});
afterAll(async () => {
  await world.close();
  await database.close();
});

const now = new Date("2026-11-21T12:00:00.000Z");
const instance = (): Processing => ({ ...processingOf(world), activity: new SourceActivity() });

const touch = (source: string, id: string, receivedAt = "2026-11-21T10:23:00.000Z"): Fact => {
  const item = { id, channel: "form", identifiers: { email: `${id}@example.com` } };
  const reception = {
    source,
    sourceType: "server",
    route: "touchpoints",
    scope: "",
    namespace,
    freshId: id,
  } as const;
  const result = acceptTouchpoint(item, item, { ...reception, receivedAt });
  if ("refusal" in result) throw new Error(result.refusal.detail);
  return result.fact;
};
const refused = (source: string, at = "2026-11-21T10:25:00.000Z"): TallyFact => ({
  kind: "tally",
  source,
  at,
  rejected: 1,
  ignored: 0,
  reason: "invalid_signature",
});

let messages = 0;
const messageOf = (...facts: Fact[]) => ({
  messageId: `message-${messages++}`,
  body: encodeMessages(facts)[0]!,
  sentAt: now.getTime(),
});

test("batch after batch adds up, and two processes overwrite nothing of each other", async () => {
  const [one, other] = [instance(), instance()];
  await processMessages(one, [messageOf(touch("sums", "a"), touch("sums", "b"))]);
  await processMessages(other, [messageOf(touch("sums", "c"))]);
  await processMessages(one, [messageOf(touch("sums", "d"), refused("sums"))]);
  await processMessages(one, [messageOf(touch("sums", "e", "2026-11-21T10:41:00.000Z"))]);
  expect(await readActivity(world.table, "sums", now)).toEqual({
    lastItemAt: "2026-11-21T10:41:00.000Z",
    lastUsableAt: "2026-11-21T10:41:00.000Z",
    last24Hours: { accepted: 5, rejected: 1, quarantined: 0, ignored: 0 },
    lastRefusal: { at: "2026-11-21T10:25:00.000Z", code: "invalid_signature" },
  });
});

test("a message that is delivered again counts once", async () => {
  const processing = instance();
  const message = messageOf(touch("again", "a"));
  await processMessages(processing, [message]);
  await processMessages(processing, [message, message]);
  expect((await readActivity(world.table, "again", now)).last24Hours.accepted).toBe(1);
});

test("a message counts when it is done, not when it failed", async () => {
  const processing = instance();
  const message = messageOf(touch("failed", "a"));
  const fault: Fault = { kind: "outage", at: 0, calls: 1_000, sent: false };
  const ended = await new Worker(fault).run(() => processMessages(processing, [message]));
  expect(ended).toEqual({ done: true, value: [message.messageId] });
  expect((await readActivity(world.table, "failed", now)).last24Hours.accepted).toBe(0);
  await processMessages(processing, [message]);
  expect((await readActivity(world.table, "failed", now)).last24Hours.accepted).toBe(1);
});

test("figures that cannot be put fail no message, and are put with the next", async () => {
  const processing = instance();
  // Who is erased is the first call, the touch the second, the marker of its person the third, the figures are the rest.
  const fault: Fault = { kind: "outage", at: 3, calls: 1_000, sent: false };
  const first = messageOf(touch("late", "a"));
  expect(await new Worker(fault).run(() => processMessages(processing, [first]))).toEqual({
    done: true,
    value: [],
  });
  expect((await readActivity(world.table, "late", now)).last24Hours.accepted).toBe(0);
  await processMessages(processing, [messageOf(touch("elsewhere", "b"))]);
  expect((await readActivity(world.table, "late", now)).last24Hours.accepted).toBe(1);
});

test("the last item is found however long ago, and refusals after it do not hide it", async () => {
  const processing = instance();
  await processMessages(processing, [
    messageOf(touch("quiet", "a", "2026-08-01T08:00:00.000Z")),
    messageOf(...[1, 2, 3].map((day) => refused("quiet", `2026-11-2${day}T11:00:00.000Z`))),
  ]);
  expect(await readLastUsableAt(world.table, "quiet")).toBe("2026-08-01T08:00:00.000Z");
  const activity = await readActivity(world.table, "quiet", new Date("2026-11-30T00:00:00.000Z"));
  expect(activity).toEqual({
    lastItemAt: "2026-08-01T08:00:00.000Z",
    lastUsableAt: "2026-08-01T08:00:00.000Z",
    last24Hours: { accepted: 0, rejected: 0, quarantined: 0, ignored: 0 },
    lastRefusal: { at: "2026-11-23T11:00:00.000Z", code: "invalid_signature" },
  });
  expect(await readLastUsableAt(world.table, "unheard-of")).toBeNull();
});
