import "../../laws/quiet.ts";
import { beforeEach, expect, test } from "vitest";
import type { Source } from "../../../shared/access/source.ts";
import type { HttpEvent } from "../../../shared/edge/http-handler.ts";
import { readFile } from "../../../shared/files/files.ts";
import { takeIn } from "../../../shared/ingest/intake.ts";
import type { LeadRecord } from "../../../shared/lead/lead.ts";
import { runFolder } from "../../../shared/lead/run.ts";
import { getAccount } from "../../../shared/query/accounts.ts";
import type { Api } from "../../../shared/query/api.ts";
import { getContact } from "../../../shared/query/contacts.ts";
import { separate } from "../../../shared/query/separations.ts";
import { getEvidence, getTimeline } from "../../../shared/query/timeline.ts";
import { addPolicy, cachedPolicy } from "../../../shared/store/policies.ts";
import { identifierId } from "../../../shared/touchpoint/identifier.ts";
import type { Identifiers } from "../../../shared/touchpoint/touch.ts";
import { type MemoryWorld, openMemoryWorld } from "../../laws/memory-world.ts";
import { oneNight } from "../../laws/one-night.ts";
import { Processor } from "../../laws/pump.ts";
import { intakeOf, namespace, nightOf } from "../../laws/world.ts";
import { aPolicy } from "../policy/touches.ts";

const hour = 60 * 60 * 1000;
const source: Source = { v: 1, id: "site", type: "server", createdAt: "2026-11-01T00:00:00.000Z" };
const [work, home] = ["ada@work.example", "ada@home.example"];

let world: MemoryWorld;
let api: Api;
beforeEach(async () => {
  world = await openMemoryWorld("2026-11-20T10:00:00.000Z");
  await addPolicy(world.table, aPolicy({ threshold: 2 }), world.clock());
  api = { ...nightOf(world), policy: cachedPolicy(world.table) } as Api;
});

let sent = 0;
async function fillsForm(identifiers: Identifiers): Promise<void> {
  world.now += hour;
  const touchpoint = {
    channel: "form" as const,
    occurredAt: world.clock().toISOString(),
    identifiers,
    campaign: { id: `campaign-${++sent}` },
  };
  await takeIn(intakeOf(world), [{ item: touchpoint, touchpoint }], {
    source,
    route: "touchpoints",
    scope: "",
    now: world.clock(),
  });
  const processor = new Processor(world);
  while (await processor.batch());
}

/** @returns whom the run exported, with how many touches */
async function night(): Promise<[string | null, number][]> {
  world.now += 4 * hour;
  const number = await oneNight(world);
  const lines = (await readFile(world.files, `${runFolder(number)}leads.jsonl`))!.split("\n");
  return lines.filter(Boolean).map((line) => {
    const { email, countedTouches } = JSON.parse(line) as LeadRecord;
    return [email, countedTouches];
  });
}

const asked = (more: object): HttpEvent =>
  ({
    pathParameters: { id: identifierId(namespace, "email", home), domain: "home.example" },
    queryStringParameters: {},
    headers: { "content-type": "application/json" },
    ...more,
  }) as unknown as HttpEvent;

/** What every answer says of the one who was separated: how many touches count, and why the others do not, oldest first. */
async function said() {
  const read = async (answer: Promise<{ body?: string | undefined }>) =>
    JSON.parse((await answer).body ?? "null");
  const contact = await read(getContact(api, asked({})));
  const evidence = await read(getEvidence(api, asked({})));
  const timeline = await read(getTimeline(api, asked({})));
  const account = await read(getAccount(api, asked({})));
  const reasonsOf = (touches: { reason: string | null }[]) => touches.map(({ reason }) => reason);
  const reasons = reasonsOf(evidence.touches);
  expect(reasonsOf(timeline.items)).toEqual(reasons.toReversed());
  expect(reasonsOf(account.touches)).toEqual(reasons.toReversed());
  expect([evidence.count, account.counted]).toEqual([contact.count, contact.count]);
  return { count: contact.count, qualified: contact.qualifiedAt !== null, reasons };
}

test("who is told apart from a lead that was handed over begins anew until it is withdrawn, in every answer as in the night", async () => {
  await fillsForm({ email: work, user: "7" });
  await fillsForm({ email: home, user: "7" });
  expect(await night()).toEqual([[home, 2]]);
  const body = JSON.stringify({ identifier: `email:${home}`, reason: "her sister's" });
  expect(await separate(api, asked({ body }), undefined)).toMatchObject({ statusCode: 200 });
  expect(await said()).toEqual({ count: 0, qualified: false, reasons: ["earlier_cycle"] });

  await fillsForm({ email: home });
  expect(await said()).toEqual({ count: 1, qualified: false, reasons: ["earlier_cycle", null] });
  // That night withdrew the lead, which the two do not make apart: from then on nothing of it is spent.
  expect(await night()).toEqual([]);
  expect(await said()).toEqual({ count: 2, qualified: true, reasons: [null, null] });
  expect(await night()).toEqual([[home, 2]]);
});
