import { activeItem, itemsOf } from "../../shared/store/facts.ts";
import { type Item, putAll, putFirst } from "../../shared/store/table.ts";
import { namespaceKey } from "../../shared/table/keys.ts";
import { acceptTouchpoint } from "../../shared/touchpoint/accept.ts";
import type { Figure } from "./figure.ts";
import type { Instance } from "./instance.ts";
import { putLoad } from "./load.ts";
import { adminKey, post, type Touchpoint, touchpoint } from "./workload.ts";

const activeContacts = 200;
const touchesPerActive = 10;
/** Every tenth contact's touches are of many campaigns, so they count and make a lead. */
const contactsPerLead = 10;

const day = 24 * 60 * 60 * 1_000;
/** How long ago the deployment took its first item, so that the night has old days to look at if it wants to. */
const ageInDays = 60;

/** The same in each instance: equal people then have equal ids, and what a run reads can be compared to the unit. */
const namespace = "5f0e8a52-61b4-4b0c-9a55-3f7f4b0f9a11";

export interface NightResult {
  inactive: number;
  contactsPerSecond: number;
  readUnits: number;
  writeUnits: number;
  cpuMilliseconds: number;
}

/**
 * One night over 200 active contacts, beside others that were active before it.
 *
 * What a run covers begins at the last completed run, so there is one first, over an empty table of an old deployment.
 * Then the inactive contacts are written as they would have been on days from 2 to 59 days ago, with their markers of
 * those days; they are in the policy's window. The active ones come in over HTTP today. So the second run, which is
 * measured, passes over the inactive ones for no other reason than that they are none of its business.
 */
export async function measureNight(instance: Instance, inactive: number): Promise<NightResult> {
  const madeAt = new Date(Date.now() - ageInDays * day).toISOString();
  const secret = JSON.stringify({ v: 1, namespace, madeAt });
  if (!(await putFirst(instance.table, { ...namespaceKey, body: secret }))) {
    throw new Error("the instance is not fresh");
  }
  await runNight(instance);
  await addInactive(instance, inactive);
  await addActive(instance);

  const mark = instance.log.mark();
  const before = await instance.usage();
  const start = performance.now();
  const { leads, contacts } = await runNight(instance);
  const seconds = (performance.now() - start) / 1_000;
  const after = await instance.usage();
  if (contacts !== activeContacts) throw new Error(`the night looked at ${contacts} contacts`);
  if (leads !== activeContacts / contactsPerLead) throw new Error(`the night found ${leads} leads`);
  const { readUnits, writeUnits } = instance.log.since(mark);
  const cpuMilliseconds = after.cpuMilliseconds - before.cpuMilliseconds;
  return { inactive, contactsPerSecond: contacts / seconds, readUnits, writeUnits, cpuMilliseconds };
}

async function runNight(instance: Instance): Promise<{ leads: number; contacts: number }> {
  const headers = { authorization: `Bearer ${adminKey}`, "content-type": "application/json" };
  const begun = await fetch(`${instance.url}/v1/exports`, { method: "POST", headers, body: "{}" });
  if (begun.status !== 202) throw new Error(`the night did not begin: ${await begun.text()}`);
  const { runId } = (await begun.json()) as { runId: string };
  await instance.drain();
  const answer = await fetch(`${instance.url}/v1/exports/${runId}`, { headers });
  const run = (await answer.json()) as { state: string; counts: { leads: number; contacts: number } };
  if (run.state !== "completed") throw new Error(`the night is ${run.state}`);
  return run.counts;
}

/** A touch each, written with its marker as the function that processes touches would have, on a day long past. */
async function addInactive({ table }: Instance, contacts: number): Promise<void> {
  const now = Date.now();
  const items: Item[] = [];
  for (let contact = 0; contact < contacts; contact++) {
    const at = new Date(now - (2 + (contact % (ageInDays - 2))) * day);
    const item = touchpoint(`inactive-${contact}`, `inactive-${contact}`, contact % 20);
    const accepted = acceptTouchpoint(item, item, {
      source: "local-server",
      sourceType: "server",
      route: "touchpoints",
      scope: "",
      receivedAt: at.toISOString(),
      namespace,
      freshId: "",
    });
    if ("refusal" in accepted) throw new Error(accepted.refusal.code);
    const { fact } = accepted;
    items.push(...itemsOf(fact), activeItem(fact.touch.identifierId, at));
  }
  const failed = await putAll(table, items);
  if (failed.size > 0) throw new Error(`${failed.size} items of inactive contacts could not be written`);
}

async function addActive(instance: Instance): Promise<void> {
  const touches: Touchpoint[] = Array.from({ length: activeContacts * touchesPerActive }, (_, number) => {
    const contact = number % activeContacts;
    const nth = Math.floor(number / activeContacts);
    return touchpoint(`active-${number}`, `active-${contact}`, contact % contactsPerLead === 0 ? nth : 0);
  });
  await putLoad({
    url: instance.url,
    connections: 2,
    seconds: 60,
    requests: touches.length / 100,
    next: () => post(touches.splice(0, 100)),
  });
  await instance.drain();
}

/** The figures of nights beside few and many inactive contacts. */
export function nightFigures(nights: readonly NightResult[]): Figure[] {
  const perNight = nights.flatMap(({ inactive, ...night }): Figure[] => {
    const section = `The night: ${activeContacts} active contacts beside ${inactive.toLocaleString("en")} inactive`;
    const perContact = (name: string, total: number, unit: string) => ({
      section,
      name: `${name} per active contact`,
      value: total / activeContacts,
      unit,
    });
    return [
      { section, name: "contacts", value: night.contactsPerSecond, unit: "contacts/s" },
      perContact("read units", night.readUnits, "units"),
      perContact("write units", night.writeUnits, "units"),
      perContact("processor time", night.cpuMilliseconds, "ms"),
    ];
  });
  const [few, many] = [nights[0]!, nights.at(-1)!];
  const ratio: Figure = {
    section: "The night and the size of the table",
    name: `read units beside ${many.inactive.toLocaleString("en")} inactive, over those beside ${few.inactive.toLocaleString("en")}`,
    // To the hundredth: an instance of the function that has not run before reads the secrets, a unit or two, as well.
    value: Math.round((many.readUnits / few.readUnits) * 100) / 100,
    unit: "",
    aim: { bound: "at most", value: 1 },
  };
  return [...perNight, ratio];
}
