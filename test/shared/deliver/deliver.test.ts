import "../../laws/quiet.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { noCredentials, withCredentials } from "../../../shared/access/credentials.ts";
import type { Source } from "../../../shared/access/source.ts";
import { type Delivering, type Settled, work } from "../../../shared/deliver/deliver.ts";
import type { Reply } from "../../../shared/deliver/post.ts";
import {
  type Attempt,
  type Delivery,
  type Endpoint,
  newSigningSecret,
} from "../../../shared/endpoint/endpoint.ts";
import { takeIn } from "../../../shared/ingest/intake.ts";
import {
  exportCompleted,
  leadAnswered,
  leadCreated,
  leadOverdue,
  sourceSilent,
} from "../../../shared/lead/event.ts";
import { type Feedback, feedbackIdOf } from "../../../shared/lead/feedback.ts";
import { addSource } from "../../../shared/store/config.ts";
import { putEndpoint, putEndpointSecret, readAttempts } from "../../../shared/store/endpoints.ts";
import { readPerson } from "../../../shared/store/person.ts";
import { addPolicy } from "../../../shared/store/policies.ts";
import { addRun, completeRun } from "../../../shared/store/runs.ts";
import { suppress } from "../../../shared/store/suppressions.ts";
import { putItem, setOnce } from "../../../shared/store/table.ts";
import { feedbackKey, leadKey } from "../../../shared/table/keys.ts";
import { parseLeadId } from "../../../shared/touchpoint/touch-id.ts";
import { type MemoryWorld, openMemoryWorld } from "../../laws/memory-world.ts";
import { oneNight } from "../../laws/one-night.ts";
import { Processor, receive, settle } from "../../laws/pump.ts";
import { intakeOf, nightOf } from "../../laws/world.ts";
import { aPolicy } from "../policy/touches.ts";

const start = "2026-11-20T10:00:00.000Z";
const hour = 60 * 60 * 1000;

let world: MemoryWorld;
let delivering: Delivering;
/** What receivers got, and what they answer: 200 where nothing else is queued for a URL. */
let posted: {
  url: string;
  id: string;
  json: { type: string; timestamp: string; data: Record<string, unknown> };
}[];
let replies: Map<string, Reply[]>;

beforeEach(async () => {
  world = await openMemoryWorld(start);
  await addPolicy(world.table, aPolicy({ threshold: 2 }), world.clock());
  posted = [];
  replies = new Map();
  const { table, secrets, publicUrl, deliveries, clock } = nightOf(world);
  delivering = {
    table,
    secrets,
    publicUrl,
    deliveries,
    clock,
    chance: () => 0,
    post: async (url, headers, body) => {
      posted.push({ url, id: headers["webhook-id"]!, json: JSON.parse(body) });
      world.now += 250;
      return replies.get(url)?.shift() ?? { status: 200 };
    },
  };
});

async function register(id: string, more: Partial<Endpoint> = {}): Promise<void> {
  const endpoint: Endpoint = {
    v: 1,
    id,
    url: `https://${id}.example.com/`,
    events: null,
    description: null,
    createdAt: start,
    ...more,
  };
  const secret = withCredentials(noCredentials, { secret: newSigningSecret() }, world.clock(), 0);
  await putEndpointSecret(world.table, id, secret);
  await putEndpoint(world.table, endpoint);
}

/** Works on the queue until it is empty. @returns what became of each message, in the order of work */
async function deliverAll(): Promise<Settled[]> {
  const settled: Settled[] = [];
  const received = new Map<string, number>();
  for (;;) {
    const [message] = await receive(world.deliveries, 1);
    if (!message) return settled;
    const times = (received.get(message.messageId) ?? 0) + 1;
    received.set(message.messageId, times);
    const outcome = await work(delivering, message.body, times);
    settled.push(outcome);
    const again = outcome !== "done" && outcome.againAfter !== undefined;
    if (again) world.now += outcome.againAfter! * 1000;
    await settle(world.deliveries, [message], new Set(again ? [message.messageId] : []));
  }
}

const announce = (event: object) => takeMessage(JSON.stringify(event));
const takeMessage = (body: string) => work(delivering, body, 1);
/** Every attempt, newest first, page after page. */
async function attemptsOf(id: string): Promise<Attempt[]> {
  const all: Attempt[] = [];
  let before: string | undefined;
  do {
    const page = await readAttempts(world.table, id, { limit: 50, ...(before !== undefined && { before }) });
    all.push(...page.attempts);
    before = page.last;
  } while (before !== undefined);
  return all;
}
const outcomes = async (id: string) => (await attemptsOf(id)).map(({ outcome }) => outcome);

const source: Source = { v: 1, id: "site", type: "server", createdAt: "2026-11-01T00:00:00.000Z" };

/** Somebody becomes a lead and is handed over. @returns the lead's id */
async function handOver(email = "ada@buyer.example"): Promise<string> {
  for (const campaign of ["one", "two"]) {
    world.now += hour;
    const touchpoint = {
      channel: "form" as const,
      occurredAt: world.clock().toISOString(),
      identifiers: { email },
      traits: { firstName: "Ada" },
      campaign: { id: campaign },
    };
    await takeIn(intakeOf(world), [{ item: touchpoint, touchpoint }], {
      source,
      route: "touchpoints",
      scope: "",
      now: world.clock(),
    });
  }
  const processor = new Processor(world);
  while (await processor.batch());
  world.now += hour;
  await oneNight(world);
  const [entry] = world.items().filter(({ sk }) => /^lead#[^#]+$/.test(sk));
  return (JSON.parse(String(entry!.body)) as { leadId: string }).leadId;
}

const partsOf = (leadId: string) => parseLeadId(leadId)!;
const receiptsOf = async (leadId: string) =>
  (await readPerson(world.table, partsOf(leadId).identifierId)).receipts;

describe("an event", () => {
  test("goes to each endpoint that is subscribed and enabled, under one id", async () => {
    await register("all");
    await register("leads", { events: ["lead.created"] });
    await register("silence", { events: ["source.silent"] });
    await register("off", { disabledAt: start });
    await register("deleted", { deletedAt: start });
    const leadId = await handOver();
    await deliverAll();
    expect(posted.map(({ url, json }) => `${json.type} ${url}`).toSorted()).toEqual([
      "export.completed https://all.example.com/",
      "lead.created https://all.example.com/",
      "lead.created https://leads.example.com/",
    ]);
    const created = posted.filter(({ json }) => json.type === "lead.created");
    expect(new Set(created.map(({ id }) => id)).size).toBe(1);
    expect(created[0]!.json.data).toMatchObject({ leadId, email: "ada@buyer.example" });
  });

  test("that is announced again, also while it is on its way, is sent once", async () => {
    await register("all");
    const leadId = await handOver();
    const again = leadCreated(leadId, world.clock().toISOString());
    await announce(again);
    await deliverAll();
    await announce(again);
    await deliverAll();
    expect(posted.filter(({ json }) => json.type === "lead.created")).toHaveLength(1);
  });

  test("of a message that came twice is sent once, and once more where somebody says so", async () => {
    await register("all", { events: ["lead.answered"] });
    const leadId = await handOver();
    const event = leadCreated(leadId, start);
    const delivery: Delivery = { v: 1, kind: "delivery", endpoint: "all", event, sending: "first" };
    for (const sending of ["first", "first", "by-hand", "by-hand"])
      expect(await announce({ ...delivery, sending })).toBe("done");
    expect(posted.map(({ id }) => id)).toEqual([event.id, event.id]);
  });
});

describe("an attempt", () => {
  test("that fails comes back after longer and longer, and is set aside after the last", async () => {
    await register("all", { events: ["lead.created"] });
    await handOver();
    replies.set("https://all.example.com/", new Array(20).fill({ error: "timeout" }));
    const settled = await deliverAll();
    const pauses = settled.flatMap((one) => (one === "done" ? [] : [one.againAfter]));
    expect(pauses).toEqual([10, 60, 300, 1800, 7200, 18_000, 32_400, 36_000, undefined]);
    expect(await outcomes("all")).toEqual(["given_up", ...new Array(8).fill("failed")]);
    expect(posted).toHaveLength(9);
    expect(new Set(posted.map(({ id }) => id)).size).toBe(1);
    const [last] = await attemptsOf("all");
    expect(last).toMatchObject({ error: "timeout", durationMs: 250, attempt: 9 });
    expect(last).not.toHaveProperty("nextAt");
  });

  test("answered with 2xx is the lead's receipt, and only of its creation", async () => {
    await register("all");
    const leadId = await handOver();
    replies.set("https://all.example.com/", [{ status: 500 }, { status: 500 }, { status: 204 }]);
    await deliverAll();
    const attempts = await attemptsOf("all");
    const took = attempts.find(
      ({ event, outcome }) => event.type === "lead.created" && outcome === "delivered",
    );
    expect(await receiptsOf(leadId)).toEqual([
      { by: "webhook", at: took!.at, who: "all", cycle: partsOf(leadId).cycle },
    ]);
    await announce(leadOverdue(leadId, world.clock().toISOString()));
    await deliverAll();
    expect(await receiptsOf(leadId)).toHaveLength(1);
  });

  test("answered with 410 is the last to that endpoint, until it is enabled again", async () => {
    await register("all", { events: ["lead.created", "source.silent"] });
    await handOver();
    replies.set("https://all.example.com/", [{ status: 410 }]);
    await deliverAll();
    await addSource(world.table, source);
    await announce(sourceSilent("site", start, start));
    await deliverAll();
    expect(posted).toHaveLength(1);
    await register("all", { enabledAt: new Date(world.now + 1).toISOString() });
    await announce(sourceSilent("site", start, start));
    await deliverAll();
    expect(posted.map(({ json }) => json.type)).toEqual(["lead.created", "source.silent"]);
  });

  test("to an endpoint that was disabled or deleted meanwhile is none", async () => {
    await register("one", { events: ["lead.created"] });
    await register("other", { events: ["lead.created"] });
    const leadId = await handOver();
    const event = leadCreated(leadId, start);
    await register("one", { disabledAt: start });
    await register("other", { deletedAt: start });
    for (const endpoint of ["one", "other"])
      expect(await announce({ v: 1, kind: "delivery", endpoint, event, sending: "first" })).toBe("done");
    expect(posted).toEqual([]);
    expect([await outcomes("one"), await outcomes("other")]).toEqual([["disabled"], []]);
  });
});

test("nothing is ever sent unsigned: an endpoint without a secret was deleted", async () => {
  await register("all");
  await putEndpointSecret(world.table, "all", noCredentials);
  const event = leadCreated(await handOver(), start);
  expect(await announce({ v: 1, kind: "delivery", endpoint: "all", event, sending: "first" })).toBe("done");
  expect([posted, await outcomes("all")]).toEqual([[], ["disabled"]]);
});

describe("what is told", () => {
  /** Sends one event to an endpoint of its own. @returns what it got */
  async function told(event: object): Promise<Record<string, unknown> | undefined> {
    // What the night announced is nobody's yet.
    await deliverAll();
    await register("own");
    posted = [];
    await announce(event);
    await deliverAll();
    return posted[0]?.json.data;
  }

  test.each([
    [
      "whose person was erased",
      async (leadId: string) => {
        const { identifierId } = partsOf(leadId);
        await suppress(world.table, identifierId, { v: 1, type: "email", erasureId: "e", at: start });
      },
    ],
    [
      "that was withdrawn",
      async (leadId: string) => {
        const { identifierId, cycle } = partsOf(leadId);
        const withdrawal = JSON.stringify({ reason: "verdict", run: 1, at: start });
        await setOnce(world.table, leadKey(identifierId, cycle), { withdrawal });
      },
    ],
  ])("of a lead %s is nothing", async (_, happens) => {
    const leadId = await handOver();
    await happens(leadId);
    expect(await told(leadCreated(leadId, start))).toBeUndefined();
    expect(await told(leadOverdue(leadId, start))).toBeUndefined();
    expect(await outcomes("own")).toEqual(["gone", "gone"]);
  });

  test("of an answer is what sales said, and where the lead stands", async () => {
    const leadId = await handOver();
    const { identifierId, cycle } = partsOf(leadId);
    const feedback: Feedback = {
      leadId,
      feedbackId: feedbackIdOf(leadId, "f-1"),
      hash16: "0123456789abcdef",
      id: "f-1",
      outcome: "rejected",
      reason: "no_budget",
      occurredAt: world.clock().toISOString(),
      receivedAt: world.clock().toISOString(),
      by: "kim",
      who: "k",
    };
    const key = feedbackKey(identifierId, cycle, feedback.occurredAt, feedback.feedbackId, feedback.hash16);
    await putItem(world.table, { ...key, body: JSON.stringify(feedback) });
    expect(await told(leadAnswered(leadId, feedback.feedbackId, feedback.receivedAt))).toEqual({
      leadId,
      contactId: identifierId,
      status: "rejected",
      feedback: {
        id: "f-1",
        outcome: "rejected",
        reason: "no_budget",
        until: null,
        note: null,
        occurredAt: feedback.occurredAt,
        by: "kim",
        applied: true,
      },
    });
    expect(await told(leadAnswered(leadId, feedbackIdOf(leadId, "f-2"), start))).toBeUndefined();
  });

  test("of a lead that waits is since when, and what was due", async () => {
    const leadId = await handOver();
    const handedOver = world.clock().toISOString();
    world.now += 100 * hour;
    const due = new Date(world.now - hour).toISOString();
    expect(await told(leadOverdue(leadId, due))).toEqual({
      leadId,
      contactId: partsOf(leadId).identifierId,
      owner: null,
      since: handedOver,
      dueAt: due,
      answeredAt: null,
    });
  });

  test("of an export waits for its run to end, though whoever announced it has died", async () => {
    await register("all");
    await addRun(world.table, { v: 1, number: 1, trigger: "t", startedAt: start });
    const event = exportCompleted(1, start);
    const delivery = { v: 1, kind: "delivery", endpoint: "all", event, sending: "first" };
    expect(await announce(delivery)).toEqual({ againAfter: 10 });
    expect([posted, await outcomes("all")]).toEqual([[], []]);
    const counts = { leads: 1, contacts: 2, failed: 0, waiting: 0, changes: 0 };
    const links = { tooManyLinks: 0, tooManyLinksIds: [] };
    await completeRun(world.table, 1, { completedAt: start, ...counts, ...links, files: [] });
    expect(await work(delivering, JSON.stringify(delivery), 2)).toBe("done");
    expect(posted.map(({ json }) => json.type)).toEqual(["export.completed"]);
    expect(await outcomes("all")).toEqual(["delivered"]);
  });

  test("of a source that is silent is since when; of one that is gone nothing", async () => {
    await addSource(world.table, { ...source, silentAfterHours: 24 });
    expect(await told(sourceSilent("site", "2026-11-18T00:00:00.000Z", start))).toEqual({
      source: "site",
      kind: null,
      since: "2026-11-18T00:00:00.000Z",
      silentAfterHours: 24,
    });
    expect(await told(sourceSilent("other", start, start))).toBeUndefined();
  });
});
