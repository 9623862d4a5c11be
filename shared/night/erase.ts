import { daysBetween, type Run, type RunPlan } from "../lead/run.ts";
import { logger } from "../observe/observe.ts";
import { sendAll } from "../queue/queue.ts";
import { eachOf } from "../store/each-of.ts";
import {
  completeErasure,
  endErasure,
  putDayReached,
  readAllErasures,
  readDaysReached,
  readErasure,
  type StoredErasure,
} from "../store/erasures.ts";
import { redactQuarantineDay } from "../store/quarantine.ts";
import { readLatestRun, readRun } from "../store/runs.ts";
import { readSuppressed } from "../store/suppressions.ts";
import { getItem, putItem } from "../store/table.ts";
import { activeKey } from "../table/keys.ts";
import type { Sought } from "../touchpoint/mentions.ts";
import { quarantineWithout } from "../touchpoint/suppression.ts";
import { eraseFromRun } from "./erase-exports.ts";
import { eraseIdentifier, eraseOnDevice, tombstone } from "./erase-person.ts";
import type { Night, NightMessage } from "./night.ts";

const day = 24 * 60 * 60 * 1000;

/** Messages wait in queues for at most this long before they are written, in days. */
const longestInQueues = 19;

/** How far the clocks of those who ask and those who close may be apart, in milliseconds. */
const skew = 5 * 60 * 1000;

/** Until every process knows whom an erasure suppresses, in milliseconds after it was asked for. */
const knownAfter = 60 * 60 * 1000;

/** Identifiers worked on at once. */
const concurrency = 4;

/**
 * Carries out an erasure, or goes on with one that was interrupted: every step may be done again. One that is completed is looked
 * after once more when every process knows of it: what was already on its way when the person was suppressed may have been
 * written since.
 *
 * While a run is on its way, what it has frozen cannot be told: the erasure stays open, and the close of that run has it done.
 */
export async function erase(night: Night, id: string): Promise<void> {
  const erasure = await readErasure(night.table, id);
  if (!erasure) return;
  const sought = await readSought(night);
  const now = night.clock();
  const isKnown = now.getTime() >= Date.parse(erasure.requestedAt) + knownAfter;
  await erasePerson(night, erasure, sought, isKnown);
  if (isKnown && erasure.endedAt === undefined) await endErasure(night.table, id, now.toISOString());
  if (erasure.completedAt !== undefined) return;
  await eraseFromQuarantine(night, erasure, sought, now);
  const open = await eraseFromRuns(night, erasure, sought);
  if (open || !(await completeErasure(night.table, id, now.toISOString()))) return;
  logger.info("erasure completed", { erasure: id });
}

/**
 * Has erasures looked after that are not completed, and by a run those that every process did not know of the last time, or that
 * were asked for since the day it began to cover: what slipped in past processes is gone after the first run that begins an hour
 * later. On browsers that erased
 * people shared with others, what is theirs by when they were seen there goes as it comes.
 */
export async function settleErasures(night: Night, run?: Run): Promise<void> {
  const { plan } = run ?? {};
  const all = await readAllErasures(night.table);
  const erasures = all.filter(
    ({ completedAt, endedAt, requestedAt }) =>
      completedAt === undefined ||
      (plan !== undefined && (endedAt === undefined || requestedAt >= plan.fromDay)),
  );
  if (plan) await eraseOnActiveDevices(night, new Set(all.flatMap((one) => one.sharedDevices)), plan);
  if (erasures.length === 0) return;
  const messages = erasures.map(({ id }) =>
    JSON.stringify({ v: 1, kind: "erase", id } satisfies NightMessage),
  );
  // First: to go through the quarantine may take longer than there is time.
  await sendAll(night.queue, messages);
  if (plan) await redactDays(night, await readSought(night), recentDays(night, plan.fromDay));
}

async function eraseOnActiveDevices(
  night: Night,
  devices: ReadonlySet<string>,
  plan: RunPlan,
): Promise<void> {
  if (devices.size === 0) return;
  const sought = await readSought(night);
  const days = daysBetween(plan.fromDay, plan.toDay);
  await eachOf([...devices], concurrency, async (device) => {
    for (const one of days) {
      if (!(await getItem(night.table, activeKey(one, device), true))) continue;
      await eraseOnDevice(night.table, device, sought);
      return;
    }
  });
}

/** Who is erased, as of now. */
export async function readSought(night: Night): Promise<Sought> {
  const identifierIds = await readSuppressed(night.table);
  return { identifierIds, namespace: await night.secrets.namespace() };
}

async function erasePerson(
  night: Night,
  erasure: StoredErasure,
  sought: Sought,
  isKnown: boolean,
): Promise<void> {
  const { table } = night;
  await eachOf(erasure.identifiers, concurrency, (one) => putItem(table, tombstone(one)));
  await eachOf(erasure.sharedDevices, concurrency, (device) => eraseOnDevice(table, device, sought));
  await eachOf(erasure.identifiers, concurrency, ({ identifierId }) =>
    eraseIdentifier(night, identifierId, sought, isKnown),
  );
}

/** @returns whether a run is on its way, so that this has to be done again after it */
async function eraseFromRuns(night: Night, erasure: StoredErasure, sought: Sought): Promise<boolean> {
  const latest = await readLatestRun(night.table);
  const leads = new Map(erasure.exports.map(({ run, leadIds }) => [run, new Set(leadIds)]));
  // Those that completed since it was asked for may have frozen the person before.
  const since = new Date(Date.parse(erasure.requestedAt) - skew).toISOString();
  for (let run = latest; run; run = run.number > 1 ? await readRun(night.table, run.number - 1) : undefined) {
    if (run.outcome && run.outcome.completedAt < since) break;
    if (!leads.has(run.number)) leads.set(run.number, new Set());
  }
  for (const [number, leadIds] of leads) await eraseFromRun(night, number, leadIds, sought);
  return latest !== undefined && !latest.outcome;
}

async function eraseFromQuarantine(
  night: Night,
  { id }: StoredErasure,
  sought: Sought,
  now: Date,
): Promise<void> {
  const reached = await readDaysReached(night.table, id);
  const days = daysBetween(await night.secrets.firstDay(), dayOf(now.getTime() + day));
  const left = days.filter((one) => !reached.has(one) || reached.get(one) !== undefined);
  await redactDays(night, sought, left, {
    from: reached,
    reached: (one, place) => putDayReached(night.table, id, one, place),
  });
}

/** The days under which something may have come into quarantine since. */
const recentDays = (night: Night, since: string): string[] =>
  daysBetween(dayOf(Date.parse(since) - longestInQueues * day), dayOf(night.clock().getTime() + day));

/** Where days that were begun before go on, and who notes how far each has come. */
interface Progress {
  from: ReadonlyMap<string, string | undefined>;
  reached: (day: string, place: string | undefined) => Promise<void>;
}

async function redactDays(
  { table, files }: Night,
  sought: Sought,
  days: readonly string[],
  { from, reached }: Progress = { from: new Map(), reached: async () => {} },
): Promise<void> {
  await eachOf(days, concurrency, (one) =>
    redactQuarantineDay(
      table,
      files,
      one,
      (entry) => quarantineWithout(entry, sought),
      (place) => reached(one, place),
      from.get(one),
    ),
  );
}

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
