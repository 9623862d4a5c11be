import { daysBetween } from "../../shared/lead/run.ts";
import { markersOf } from "../../shared/process/markers.ts";
import { readActive } from "../../shared/store/active.ts";
import { itemsOf } from "../../shared/store/facts.ts";
import { consumed, type Item, keyText, putAll, putFirst, type Table } from "../../shared/store/table.ts";
import { namespaceKey } from "../../shared/table/keys.ts";
import { acceptTouchpoint } from "../../shared/touchpoint/accept.ts";
import type { Figure } from "./figure.ts";
import type { Instance } from "./instance.ts";
import { adminKey, touchpoint } from "./workload.ts";

const namespace = "5f0e8a52-61b4-4b0c-9a55-3f7f4b0f9a11";
const day = 24 * 60 * 60 * 1_000;
/** Over which the touches are spread, up to yesterday. */
const days = 365;
/** From one touch to nineteen a contact, ten on average. */
const mostTouches = 19;
/** One contact in so many has a CRM id too, which it was seen with once. */
const perRecord = 5;

interface Report {
  state: string;
  startedAt: string;
  completedAt: string;
  contacts: number;
  gained: number;
  lost: number;
}

const touchesOf = (contact: number): number => ((contact * 7) % mostTouches) + 1;

/**
 * What it takes to count all history anew under a draft: contacts with ten touches each, on average, over a year, each touch of another
 * day and marked on it. The policy in force asks for eight touches, the draft for six.
 */
export async function measureWhatIf(instance: Instance, contacts: number): Promise<Figure[]> {
  const now = Date.now();
  const madeAt = new Date(now - (days + 30) * day).toISOString();
  const secret = JSON.stringify({ v: 1, namespace, madeAt });
  if (!(await putFirst(instance.table, { ...namespaceKey, body: secret })))
    throw new Error("the instance is not fresh");
  const touches = await addContacts(instance.table, contacts, now);

  const { version } = await ask<{ version: number }>(instance, "POST", "/v1/policies", { threshold: 6 });
  const path = `/v1/policies/${version}/what-if`;
  const mark = instance.log.mark();
  await ask(instance, "POST", path);
  let report: Report;
  do {
    // To wait for empty queues takes one request, which would give up before a long recount has ended.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    report = await ask<Report>(instance, "GET", path);
  } while (report.state === "running");
  const seconds = (Date.parse(report.completedAt) - Date.parse(report.startedAt)) / 1_000;
  await instance.drain();
  const { readUnits, writeUnits } = instance.log.since(mark);
  if (report.state !== "completed") throw new Error(`the what-if is ${report.state}`);
  if (report.contacts !== contacts) throw new Error(`the what-if counted ${report.contacts} contacts`);
  if (report.gained === 0 || report.lost !== 0) throw new Error("a lower threshold gains and loses nobody");

  const before = consumed.readUnits;
  const all = daysBetween(madeAt.slice(0, 10), new Date(now).toISOString().slice(0, 10));
  await readActive(instance.table, all);
  const listing = consumed.readUnits - before;
  const section = `A what-if over ${contacts.toLocaleString("en")} contacts with ${touches.toLocaleString("en")} touches`;
  const figure = (name: string, value: number, unit: string): Figure => ({ section, name, value, unit });
  return [
    figure("time", seconds, "s"),
    figure("contacts", contacts / seconds, "contacts/s"),
    figure("read units", readUnits, "units"),
    figure("read units per contact", readUnits / contacts, "units"),
    {
      ...figure("share of them that lists the contacts", listing / readUnits, ""),
      // Each day takes some reading even where hardly anybody came; of a few contacts that is most of it.
      ...(contacts >= 10_000 && { aim: { bound: "at most" as const, value: 0.5 } }),
    },
    figure("write units", writeUnits, "units"),
  ];
}

async function ask<Reply>(instance: Instance, method: string, path: string, body?: object): Promise<Reply> {
  const headers = { authorization: `Bearer ${adminKey}`, "content-type": "application/json" };
  const answer = await fetch(`${instance.url}${path}`, {
    method,
    headers,
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
  return (await answer.json()) as Reply;
}

/** Written as the function that processes touches would have. @returns how many touches */
async function addContacts(table: Table, contacts: number, now: number): Promise<number> {
  let touches = 0;
  for (let from = 0; from < contacts; from += 500) {
    const rows = new Map<string, Item>();
    for (let contact = from; contact < Math.min(contacts, from + 500); contact++) {
      for (let nth = 0; nth < touchesOf(contact); nth++, touches++)
        for (const row of rowsOf(contact, nth, now)) rows.set(keyText(row), row);
    }
    const failed = await putAll(table, [...rows.values()]);
    if (failed.size > 0) throw new Error(`${failed.size} items could not be written`);
  }
  return touches;
}

function rowsOf(contact: number, nth: number, now: number): Item[] {
  const at = new Date(now - day - ((contact * 31 + nth * Math.floor(days / mostTouches)) % days) * day);
  const sent = touchpoint(`what-if-${contact}-${nth}`, `person-${contact}`, (contact + nth) % 40);
  const record = nth === 0 && contact % perRecord === 0 ? { crm: `hubspot:${contact}` } : {};
  const item = {
    ...sent,
    identifiers: { ...sent.identifiers, ...record },
    occurredAt: at.toISOString(),
  };
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
  return [...itemsOf(accepted.fact), ...markersOf(accepted.fact, at)];
}
