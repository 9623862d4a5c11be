import type { HttpEvent } from "../../shared/edge/http-handler.ts";
import { defaultPolicy, type Policy, starterPolicy } from "../../shared/policy/policy.ts";
import type { Api } from "../../shared/query/api.ts";
import { getContact } from "../../shared/query/contacts.ts";
import { getEvidence, getTimeline } from "../../shared/query/timeline.ts";
import { Cached } from "../../shared/store/cached.ts";
import { itemsOf } from "../../shared/store/facts.ts";
import { consumed, type Item, putAll, type Table } from "../../shared/store/table.ts";
import { acceptTouchpoint } from "../../shared/touchpoint/accept.ts";
import { type Figure, percentile } from "./figure.ts";
import { type Touchpoint, touchpoint } from "./workload.ts";

const namespace = "5f0e8a52-61b4-4b0c-9a55-3f7f4b0f9a11";
const day = 24 * 60 * 60 * 1_000;
const years = 10;
/** Of a policy's window; half of it, so that no touch leaves it while the bench runs. */
const withinWindow = 90;

/** A contact's touches: how many, over how many days up to now. */
interface Shape {
  name: string;
  touches: number;
  days: number;
}

/** What one answer costs. */
interface Cost {
  readUnits: number;
  milliseconds: number;
}

type Read = (api: Api, event: HttpEvent) => Promise<unknown>;

const policies = { default: defaultPolicy, starter: starterPolicy } as const;

/**
 * What the first page of a timeline, the evidence and the contact itself cost for contacts with few and with very many touches, and
 * what a kiosk and a CRM record that a crowd was seen with cost one of the crowd. The handlers are called in the bench's process against an instance's table.
 * @param touches how many a deep contact has
 * @param crowd how many people the kiosk saw
 */
export async function measureDeep(
  table: Table,
  size: { touches: number; crowd: number; reads: number },
): Promise<Figure[]> {
  const shapes: Shape[] = [
    { name: "over ten years", touches: size.touches, days: years * 365 },
    { name: "all within the window", touches: size.touches, days: withinWindow },
  ];
  const figures: Figure[] = [];
  for (const { name, touches, days } of shapes) {
    const few = await addContact(table, `few-${days}`, 100, days);
    const many = await addContact(table, `many-${days}`, touches, days);
    const section = `A contact with ${touches.toLocaleString("en")} touches beside one with 100, ${name}`;
    for (const [policyName, policy] of Object.entries(policies)) {
      const first = await cost(table, policy, getTimeline, many, 1);
      const beside = await cost(table, policy, getTimeline, few, size.reads);
      const deep = await cost(table, policy, getTimeline, many, size.reads);
      const named = (what: string) => `${what}, ${policyName} policy`;
      figures.push(
        ...(policyName === "default"
          ? [figure(section, "the very first page, which makes what is kept", first.milliseconds, "ms")]
          : []),
        figure(section, named("first page"), deep.milliseconds, "ms"),
        figure(section, named("first page, read units"), deep.readUnits, "units"),
        figure(section, named("first page of the one with 100"), beside.milliseconds, "ms"),
        figure(section, named("first page of the one with 100, read units"), beside.readUnits, "units"),
        {
          ...figure(
            section,
            named("first page, time over that of the one with 100"),
            ratio(deep, beside),
            "",
          ),
          aim: { bound: "at most", value: 3 },
        },
      );
    }
    const shallow = await cost(table, defaultPolicy, getContact, few, size.reads);
    const contact = await cost(table, defaultPolicy, getContact, many, 3);
    const evidence = await cost(table, defaultPolicy, getEvidence, many, 3);
    figures.push(
      figure(section, "evidence", evidence.milliseconds, "ms"),
      figure(section, "evidence, read units", evidence.readUnits, "units"),
      figure(section, "the contact", contact.milliseconds, "ms"),
      figure(section, "the contact, read units", contact.readUnits, "units"),
      figure(section, "the contact with 100", shallow.milliseconds, "ms"),
      figure(section, "the contact with 100, read units", shallow.readUnits, "units"),
      figure(section, "the contact, time over that of its evidence", ratio(contact, evidence), ""),
    );
  }
  const kiosk: Crowd = { name: "kiosk", identifiers: { anonymous: "kiosk" }, people: size.crowd };
  const record: Crowd = { name: "record", identifiers: { crm: "hubspot:1" }, people: size.crowd / 2 };
  return [
    ...figures,
    ...(await measureCrowd(table, kiosk, size.reads)),
    ...(await measureCrowd(table, record, size.reads)),
  ];
}

/** What many people were seen with, each with an address of their own. */
interface Crowd {
  name: "kiosk" | "record";
  identifiers: object;
  people: number;
}

const crowdNames = { kiosk: "at a kiosk", record: "under a CRM record" } as const;

/** A person who was seen with a crowd, and another who was not. */
async function measureCrowd(
  table: Table,
  { name, identifiers, people }: Crowd,
  reads: number,
): Promise<Figure[]> {
  const alone = await addContact(table, `${name}-alone`, 20, withinWindow);
  const beside = await addContact(table, `${name}-0`, 20, withinWindow);
  const items: Item[] = [];
  for (let person = 0; person < people; person++) {
    for (const hour of [0, 1, 2]) {
      const seen = touchpoint(`${name}-${person}-${hour}`, `${name}-${person}`, 1);
      const input = { ...seen, identifiers: { ...seen.identifiers, ...identifiers } };
      items.push(...itemsAt(input, new Date(Date.now() - day - (hour * people + person) * 1_000)));
    }
  }
  await put(table, items);
  const section = `A person seen ${crowdNames[name]} with ${people.toLocaleString("en")} people, beside one who was not`;
  const free = await cost(table, defaultPolicy, getTimeline, alone, reads);
  const crowded = await cost(table, defaultPolicy, getTimeline, beside, reads);
  return [
    {
      ...figure(section, "first page, time over that of the one who was not", ratio(crowded, free), ""),
      aim: { bound: "at most", value: 2 },
    },
    figure(section, "first page, read units", crowded.readUnits, "units"),
    figure(section, "first page of the one who was not, read units", free.readUnits, "units"),
  ];
}

const figure = (section: string, name: string, value: number, unit: string): Figure => ({
  section,
  name,
  value,
  unit,
});

const ratio = (one: Cost, other: Cost): number => one.milliseconds / other.milliseconds;

/** The median of some readings. */
async function cost(table: Table, policy: Policy, read: Read, contact: string, reads: number): Promise<Cost> {
  const version = { v: 1, version: 1, policy, from: null } as const;
  const api = {
    table,
    clock: () => new Date(),
    policy: new Cached(async () => version, Number.POSITIVE_INFINITY),
  } as unknown as Api;
  const event = { pathParameters: { id: contact }, queryStringParameters: {} } as unknown as HttpEvent;
  const times: number[] = [];
  let readUnits = 0;
  for (let time = 0; time < reads; time++) {
    const before = consumed.readUnits;
    const start = performance.now();
    await read(api, event);
    times.push(performance.now() - start);
    readUnits = consumed.readUnits - before;
  }
  times.sort((a, b) => a - b);
  return { readUnits, milliseconds: percentile(times, 0.5) };
}

/** @returns the contact's id */
async function addContact(table: Table, person: string, touches: number, days: number): Promise<string> {
  const now = Date.now() - 60 * 60 * 1_000;
  let contact = "";
  for (let from = 0; from < touches; from += 5_000) {
    const items: Item[] = [];
    for (let number = from; number < Math.min(touches, from + 5_000); number++) {
      const at = new Date(now - Math.floor(((touches - number) / touches) * days * day));
      const made = itemsAt(touchpoint(`${person}-${number}`, person, number % 20), at);
      contact = made[0]!.pk.slice("person#".length);
      items.push(...made);
    }
    await put(table, items);
  }
  return contact;
}

function itemsAt(input: Omit<Touchpoint, "identifiers"> & { identifiers: object }, at: Date): Item[] {
  const item = { ...input, occurredAt: at.toISOString() };
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
  return itemsOf(accepted.fact);
}

async function put(table: Table, items: readonly Item[]): Promise<void> {
  const distinct = [...new Map(items.map((item) => [`${item.pk} ${item.sk}`, item])).values()];
  const failed = await putAll(table, distinct);
  if (failed.size > 0) throw new Error(`${failed.size} items could not be written`);
}
