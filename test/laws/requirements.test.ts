import "./quiet.ts";
import { expect, test } from "vitest";
import type { Source } from "../../shared/access/source.ts";
import { takeIn } from "../../shared/ingest/intake.ts";
import type { Touch } from "../../shared/touchpoint/touch.ts";
import { apiOf, ask } from "./ask.ts";
import { openMemoryWorld } from "./memory-world.ts";
import { oneNight } from "./one-night.ts";
import { Processor } from "./pump.ts";
import { intakeOf } from "./world.ts";

const source: Source = { v: 1, id: "site", type: "server", createdAt: "2024-01-01T00:00:00.000Z" };
const email = "ada@work.example";

/** What the policy requires, and what Ada's first touch told, long before any window that counts. */
test.each([
  ["a trait that was told", { require: { traits: ["company"] } }, { company: "Work" }, []],
  ["a trait that was not", { require: { traits: ["phone"] } }, { company: "Work" }, ["trait_missing phone"]],
  [
    "a segment by what was told",
    { segments: { dach: { country: "DE" } }, require: { segments: ["dach"] } },
    { country: "DE" },
    [],
  ],
  [
    "a segment that what was told leaves",
    { segments: { others: { country: { $ne: "DE" } } }, require: { segments: ["others"] } },
    { country: "DE" },
    ["segment_missing others"],
  ],
])("the night holds whom the answers say it holds: %s", async (_, asked, traits, held) => {
  const world = await openMemoryWorld("2024-06-01T10:00:00.000Z");
  const api = apiOf(world);
  const sends = async (more: Partial<Touch>) => {
    const touchpoint = {
      channel: "form" as const,
      occurredAt: world.clock().toISOString(),
      identifiers: { email },
      ...more,
    };
    await takeIn(intakeOf(world), [{ item: touchpoint, touchpoint }], {
      source,
      route: "touchpoints",
      scope: "",
      now: world.clock(),
    });
    const processor = new Processor(world);
    while (await processor.batch());
  };
  await sends({ traits });
  world.now = Date.parse("2026-06-01T10:00:00.000Z");
  await ask(api, "PUT /v1/policy", { body: { threshold: 1, ...asked } });
  await sends({ campaign: { id: "spring" } });
  world.now += 60_000;

  const [contact] = (await ask(api, "GET /v1/contacts", { query: { email } })).body.items;
  expect(contact.held.map(({ code, name }: { code: string; name: string }) => `${code} ${name}`)).toEqual(
    held,
  );
  await oneNight(world);
  const leads = (await ask(api, "GET /v1/leads")).body.items;
  expect(leads.map((lead: { contactId: string }) => lead.contactId)).toEqual(
    held.length > 0 ? [] : [contact.id],
  );
});
