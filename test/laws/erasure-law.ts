import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { putFile } from "../../shared/files/files.ts";
import type { LeadRecord } from "../../shared/lead/lead.ts";
import { evaluate } from "../../shared/policy/evaluate.ts";
import { readContact } from "../../shared/store/contact.ts";
import { readLatestRun, readRun } from "../../shared/store/runs.ts";
import type { Item } from "../../shared/store/table.ts";
import { erasedKey, sha256Hex } from "../../shared/table/keys.ts";
import { foldContact } from "../../shared/timeline/contact.ts";
import { firstHours, type History, nameOf, phoneOf, pool } from "./erasure-history.ts";
import { idOf, lawPolicy, Played, start } from "./erasure-play.ts";
import { type MemoryWorld, openMemoryWorld } from "./memory-world.ts";
import { scanFiles, scanTable, type World } from "./world.ts";

/** A value as it may be written: as it is, escaped for JSON (once or in a text of its own) or in ASCII, or for URLs and forms. */
function writings(value: string): string[] {
  const ascii = value.replace(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const json = JSON.stringify(value).slice(1, -1);
  const form = new URLSearchParams({ v: value }).toString().slice(2);
  return [value, ascii, json, JSON.stringify(json).slice(1, -1), encodeURIComponent(value), form];
}

type Type = keyof typeof pool;
const everybody = (Object.keys(pool) as Type[]).flatMap((type) =>
  pool[type].map((value) => {
    const told = [value, nameOf(type, value), phoneOf(type, value)];
    return { id: idOf(type, value), needles: [...new Set(told.flatMap(writings))] };
  }),
);

/** A text and what it wraps, however deep: base64 and gzip in it, told by trying. */
function unwrapped(text: string, depth = 0): string[] {
  if (depth > 4) return [];
  const inner = (text.match(/[A-Za-z0-9+/]{16,}={0,2}/g) ?? []).flatMap((token) => {
    return unwrapped(unpacked(Buffer.from(token, "base64")).toString("utf8"), depth + 1);
  });
  return [text, ...inner];
}

/** What begins as gzip does need not be gzip: a signature may. */
function unpacked(bytes: Buffer): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch {
    return bytes;
  }
}

const itemsOf = async (world: World | MemoryWorld): Promise<Item[]> =>
  "items" in world ? world.items() : scanTable(world);

/** All that can be seen of the contact of an identifier, but ids of what is random. */
async function seen(world: World, id: string) {
  const person = await readContact(world.table, id, { consistent: true });
  if (!person) return undefined;
  const contact = foldContact(person, lawPolicy);
  const afterAll = Date.parse(start) + firstHours * 3_600_000;
  const { count, touches } = evaluate(contact.touches, lawPolicy, afterAll, contact.person);
  return {
    contactId: contact.contactId,
    identifiers: contact.identifiers,
    emails: contact.emails,
    traits: contact.traits,
    count,
    evidence: touches.map(({ touch, counted, reason }) => [touch.touchId, touch.occurredAt, counted, reason]),
  };
}

type Files = Awaited<ReturnType<typeof scanFiles>>;

/** The leads of all exports, of which each says of its files what they are. */
async function exportedLeads(world: World, files: Files): Promise<LeadRecord[]> {
  const leads: LeadRecord[] = [];
  const latest = (await readLatestRun(world.table))?.number ?? 0;
  for (let number = 1; number <= latest; number++) {
    const outcome = (await readRun(world.table, number))!.outcome!;
    const folder = `exports/${String(number).padStart(6, "0")}/`;
    const bodies = outcome.files.map(({ name, sha256 }) => {
      const versions = files.filter(({ key }) => key === folder + name);
      expectSame(
        versions.map(({ body }) => sha256Hex(body)),
        [sha256],
      );
      return versions[0]!.body;
    });
    const lines = bodies[1]!.split("\n").filter(Boolean);
    leads.push(...lines.map((line) => JSON.parse(line) as LeadRecord));
  }
  return leads;
}

/** By identifierId; undefined of whom nothing is known. */
type Seen = Map<string, Awaited<ReturnType<typeof seen>>>;

/** What a history comes to where nobody is erased. */
interface Otherwise {
  seen: Seen;
  leads: LeadRecord[];
}

async function otherwiseOf(world: World): Promise<Otherwise> {
  const all: Seen = new Map();
  for (const { id } of everybody) all.set(id, await seen(world, id));
  return { seen: all, leads: await exportedLeads(world, await scanFiles(world)) };
}

/** Begins a history, and gives worlds in which it has begun, one as good as the other. */
export type Beginning = (history: History) => Promise<() => Promise<Played>>;

/** @param open an empty deployment */
export const beginningAnew =
  (open: () => Promise<World>): Beginning =>
  async (history) =>
  async () => {
    const played = new Played(await open(), history);
    await played.begin();
    return played;
  };

/** Begins in memory, once for all the worlds of a history. */
export const beginningOnce: Beginning = async (history) => {
  const world = await openMemoryWorld(start);
  const begun = new Played(world, history);
  await begun.begin();
  expect(Object.values(world.depths()).filter((held) => held > 0)).toEqual([]);
  const files = (await scanFiles(world)).toReversed();
  return async () => {
    const copy = world.copy();
    for (const { key, body } of files) await putFile(copy.files, key, body, "text/plain");
    return new Played(copy, history, begun);
  };
};

/**
 * Nothing of whoever is erased is left anywhere, and others have what they would have had.
 * @returns how many erasures were tried, each in a history of its own
 */
export const expectErasures = (begin: Beginning) => async (history: History) => {
  const next = await begin(history);
  const inWorld = async <Value>(work: (played: Played) => Promise<Value>): Promise<Value> => {
    const played = await next();
    try {
      return await work(played);
    } finally {
      await played.world.close();
    }
  };
  const otherwise = await inWorld(async (played) => {
    await played.end();
    return otherwiseOf(played.world);
  });
  for (const asked of history.erasures)
    await inWorld(async (played) => {
      await played.end(asked);
      await expectErased(played, otherwise);
    });
  return history.erasures.length;
};

async function expectErased({ erasure, world, announced }: Played, otherwise: Otherwise): Promise<void> {
  const gone = new Set(erasure?.identifiers.map(({ identifierId }) => identifierId));
  if (erasure) expect(erasure.completedAt).toBeDefined();

  const items = await itemsOf(world);
  const files = await scanFiles(world);
  const written = [
    ...items.map((item) => Object.values(item).join("\n")),
    ...files.map(({ key, body }) => `${key}\n${body}`),
    ...announced,
  ];
  const everything = unwrapped(written.join("\n\n")).join("\n\n");
  const needles = everybody.flatMap((one) => (gone.has(one.id) ? one.needles : []));
  expectSame(
    needles.filter((needle) => everything.includes(needle)),
    [],
  );
  expectSame(
    Object.values(world.depths()).filter((held) => held > 0),
    [],
  );

  const tombstones = new Map([...gone].map(erasedKey).map(({ pk, sk }) => [pk, sk]));
  expectSame(
    items.filter(({ pk, sk }) => tombstones.has(pk) && tombstones.get(pk) !== sk),
    [],
  );

  const theirs = new Set(
    [...gone].flatMap((id) => otherwise.seen.get(id)?.evidence.map(([touchId]) => touchId) ?? []),
  );
  const touches = items.map(({ sk }) => sk).filter((sk) => sk.startsWith("at#"));
  expectSame(
    touches.filter((sk) => theirs.has(sk.split("#")[2]!)),
    [],
  );

  const [left, wanted]: Seen[] = [new Map(), new Map()];
  for (const { id } of everybody) {
    const before = otherwise.seen.get(id);
    // A shared browser leads to the person last seen there.
    if (!gone.has(id) && before && gone.has(before.contactId)) continue;
    left!.set(id, await seen(world, id));
    wanted!.set(id, gone.has(id) ? undefined : before);
  }
  expectSame([...left!], [...wanted!]);
  expectLeadsOfOthers(await exportedLeads(world, files), otherwise.leads, gone);
}

/** To tell in what two differ takes a hundred times as long as to tell that they do not. */
function expectSame(actual: unknown, wanted: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(wanted)) expect(actual).toEqual(wanted);
}

/** Nobody else's lead is lost. */
function expectLeadsOfOthers(
  leads: readonly LeadRecord[],
  otherwise: readonly LeadRecord[],
  gone: ReadonlySet<string>,
): void {
  const parts = ({ contactId, touches, notCounted }: LeadRecord) => [
    contactId,
    ...[...touches, ...notCounted].map(({ id }) => id.split(".")[0]!),
  ];
  const left = new Map(leads.map((lead) => [lead.leadId, lead]));
  for (const lead of otherwise) {
    if (parts(lead).some((id) => gone.has(id))) continue;
    expectSame({ ...left.get(lead.leadId), evidenceUrl: null }, { ...lead, evidenceUrl: null });
  }
  const named = leads.flatMap(parts);
  expectSame(
    named.filter((id) => gone.has(id)),
    [],
  );
}
