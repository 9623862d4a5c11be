import "../../laws/quiet.ts";
import { expect, test } from "vitest";
import { takeIn } from "../../../shared/ingest/intake.ts";
import type { Api } from "../../../shared/query/api.ts";
import { addDraft } from "../../../shared/store/policies.ts";
import { suppress } from "../../../shared/store/suppressions.ts";
import { deleteItem } from "../../../shared/store/table.ts";
import { identifierId } from "../../../shared/touchpoint/identifier.ts";
import { countChunk } from "../../../shared/what-if/count.ts";
import { listShard, planRecount } from "../../../shared/what-if/plan.ts";
import type { RecountMessage } from "../../../shared/what-if/recount.ts";
import { apiOf, ask } from "../../laws/ask.ts";
import { type MemoryWorld, openMemoryWorld } from "../../laws/memory-world.ts";
import { Processor, receive, settle } from "../../laws/pump.ts";
import { intakeOf, namespace, recountingOf } from "../../laws/world.ts";
import { aPolicy } from "../policy/touches.ts";

const ada = identifierId(namespace, "email", "ada@example.com");
const ben = identifierId(namespace, "email", "ben@example.com");

async function workOff(world: MemoryWorld): Promise<void> {
  for (;;) {
    const [received] = await receive(world.whatIfQueue, 1);
    if (!received) return;
    const message = JSON.parse(received.body) as RecountMessage;
    const recounting = recountingOf(world);
    if (message.kind === "plan") await planRecount(recounting, message);
    else if (message.kind === "list") await listShard(recounting, message, message.shard);
    else await countChunk(recounting, message, message.shard, message.chunk);
    await settle(world.whatIfQueue, [received], new Set());
  }
}

/** A recount that found two people whom one touch would have made leads. */
async function counted(): Promise<{ world: MemoryWorld; api: Api; path: string }> {
  const world = await openMemoryWorld("2026-11-20T10:00:00.000Z");
  for (const email of ["ada@example.com", "ben@example.com"]) {
    const touchpoint = {
      channel: "form" as const,
      occurredAt: "2026-11-20T09:00:00.000Z",
      identifiers: { email },
      campaign: { id: "spring" },
    };
    await takeIn(intakeOf(world), [{ item: touchpoint, touchpoint }], {
      source: { v: 1, id: "site", type: "server", createdAt: "2026-11-01T00:00:00.000Z" },
      route: "touchpoints",
      scope: "",
      now: world.clock(),
    });
  }
  const processor = new Processor(world);
  while (await processor.batch());
  const { version } = await addDraft(world.table, aPolicy({ threshold: 1 }), world.clock(), null);
  const api = { ...apiOf(world), whatIfs: world.whatIfQueue };
  const path = `/v1/policies/${version}/what-if`;
  expect((await ask(api, `POST ${path}`)).status).toBe(202);
  await workOff(world);
  return { world, api, path };
}

const examples = async (api: Api, path: string) => {
  const { body } = await ask(api, `GET ${path}`);
  expect(body).toMatchObject({ state: "completed", gained: 2 });
  return body.examples.gained.map(({ contactId }: { contactId: string }) => contactId);
};

test("whoever is erased is an example no more, from that moment", async () => {
  const { world, api, path } = await counted();
  expect(await examples(api, path)).toEqual([ada, ben].sort());
  await suppress(world.table, ada, { v: 1, type: "email", erasureId: "e", at: "2026-11-20T11:00:00.000Z" });
  expect(await examples(api, path)).toEqual([ben]);
});

test("what one person did is kept for thirty days, and what all add up to for good", async () => {
  const { world, api, path } = await counted();
  const naming = world.items().filter(({ pk, body }) => pk.startsWith("what-if#") && `${body}`.includes(ada));
  expect(naming.length).toBeGreaterThan(0);
  for (const { expiresAt } of naming) expect(expiresAt).toBeLessThan(Date.parse("2026-12-21") / 1000);
  for (const { pk, sk, expiresAt } of world.items())
    if (expiresAt !== undefined && pk.startsWith("what-if#")) await deleteItem(world.table, { pk, sk });
  expect(await examples(api, path)).toEqual([]);
});
