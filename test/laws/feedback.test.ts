import "./quiet.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { answerOf, ownPartitions } from "../../shared/lead/cycle.ts";
import { type Feedback, feedbackIdOf, outcomes } from "../../shared/lead/feedback.ts";
import type { LedgerEntry } from "../../shared/lead/ledger.ts";
import { statusOf } from "../../shared/lead/stage.ts";
import { readContact } from "../../shared/store/contact.ts";
import { itemsOf } from "../../shared/store/facts.ts";
import { putFeedback } from "../../shared/store/feedback.ts";
import { enterLead, markExported, settleStatus } from "../../shared/store/ledger.ts";
import { putAll, type Table } from "../../shared/store/table.ts";
import { acceptTouchpoint } from "../../shared/touchpoint/accept.ts";
import { identifierId } from "../../shared/touchpoint/identifier.ts";
import { leadIdOf } from "../../shared/touchpoint/touch-id.ts";
import { type MemoryWorld, openMemoryWorld } from "./memory-world.ts";
import { namespace } from "./world.ts";

const start = "2026-11-20T12:00:00.000Z";
const identifiers = { email: "ada@example.com", crm: "salesforce:00Q5f00000ABCDE" };

/** One person whose two identifiers were found as leads before they were known to be one person's; one of them is exported. */
const leads = (["email", "crm"] as const).map((type): LedgerEntry => {
  const home = identifierId(namespace, type, identifiers[type]);
  return {
    v: 1,
    leadId: leadIdOf(home, "first"),
    identifierId: home,
    cycle: "first",
    qualifiedAt: `2026-11-1${type === "email" ? 6 : 7}T10:00:00.000Z`,
    decidingTouchId: "t",
    policyVersion: 0,
    foundIn: 1,
  };
});

const empty = await openMemoryWorld(start);
const input = { id: "1", channel: "form", occurredAt: "2026-11-01T10:00:00Z", identifiers };
const accepted = acceptTouchpoint(input, input, {
  source: "website",
  sourceType: "server",
  route: "touchpoints",
  scope: "",
  receivedAt: start,
  namespace,
  freshId: "",
});
if ("refusal" in accepted) throw new Error(accepted.refusal.detail);
await putAll(empty.table, itemsOf(accepted.fact));
for (const lead of leads) await enterLead(empty.table, lead);
await markExported(empty.table, leads[0]!, 1, "2026-11-18T04:00:00.000Z");

interface Said {
  entry: LedgerEntry;
  feedback: Feedback;
}

const anySaid = fc
  .record({
    entry: fc.constantFrom(...leads),
    id: fc.constantFrom("1", "2", "3", "4"),
    outcome: fc.constantFrom(...outcomes),
    hour: fc.integer({ min: 10, max: 13 }),
    back: fc.boolean(),
  })
  .map(({ entry, id, outcome, hour, back }): Said => {
    const occurredAt = `2026-11-19T${hour}:00:00.000Z`;
    const feedback: Feedback = {
      leadId: entry.leadId,
      feedbackId: feedbackIdOf(entry.leadId, id),
      hash16: `${outcome}-${back}`,
      id,
      outcome,
      occurredAt,
      receivedAt: occurredAt,
      who: "key",
      ...(back && { moveBack: true }),
    };
    return { entry, feedback };
  });

/** What is known of the person in the end: every answer, and under which status the index has each lead. */
async function stateOf({ table }: MemoryWorld) {
  const person = (await readContact(table, leads[1]!.identifierId, { consistent: true }))!;
  const entries = ownPartitions(person).flatMap(({ ledger }) => ledger);
  return {
    answer: answerOf(person, "first"),
    listed: entries.map(({ leadId, listedAs }) => [leadId, listedAs]).sort(),
    folded: entries.map((entry) => [entry.leadId, statusOf(person, entry)]).sort(),
  };
}

async function take(table: Table, { entry, feedback }: Said): Promise<void> {
  expect(await putFeedback(table, [{ entry, feedback }], new Date(start))).toEqual([]);
  await settleStatus(table, entry.identifierId);
}

/** What the night does meanwhile. */
const exportOther = async (table: Table): Promise<void> => {
  expect(await markExported(table, leads[1]!, 2, "2026-11-20T04:00:00.000Z")).toBe(2);
};

test("the same answers leave the same state and the same list, in any order, however often, and all at once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anySaid, { minLength: 3, maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      fc.scheduler(),
      async (all, chance, scheduler) => {
        const quiet = empty.copy();
        for (const one of all) await take(quiet.table, one);
        await exportOther(quiet.table);

        const world = empty.copy();
        const { client } = world.table;
        // Which of the calls under way is next answered is chance, as it is with a table that others use as well.
        const table: Table = {
          name: world.table.name,
          client: Object.assign(Object.create(client), {
            send: async (command: Parameters<typeof client.send>[0]) => {
              await scheduler.schedule(Promise.resolve());
              return client.send(command);
            },
          }) as typeof client,
        };
        const works = [...all, ...all.slice(0, 2)].map((one) => () => take(table, one));
        const order = [...works, () => exportOther(table)]
          .map((work) => ({ work, place: chance.next().value as number }))
          .sort((a, b) => a.place - b.place);
        await scheduler.waitFor(Promise.all(order.map(({ work }) => work())));

        const state = await stateOf(world);
        expect(state).toEqual(await stateOf(quiet));
        expect(state.listed).toEqual(state.folded);
      },
    ),
    { numRuns: 250 },
  );
});
