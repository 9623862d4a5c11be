import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { decodeCursor, encodeCursor, invalidCursor } from "../http/paging.ts";
import { badRequest } from "../http/problem.ts";
import { type Replayed, type Replaying, replayEntry } from "../ingest/replay.ts";
import { failureOf, isOutage } from "../observe/failure.ts";
import { logger } from "../observe/observe.ts";
import { QueueUnavailable } from "../queue/queue.ts";
import type { Refusal } from "../request/refusal.ts";
import { readSources } from "../store/config.ts";
import { eachOf } from "../store/each-of.ts";
import { deleteQuarantine, readQuarantine, type StoredQuarantine } from "../store/quarantine.ts";
import { parseQuarantineId, publicQuarantineId } from "../touchpoint/quarantine-id.ts";
import type { Api } from "./api.ts";
import { quarantineFilterSchema } from "./quarantine.ts";
import { searchQuarantine } from "./quarantine-search.ts";
import { validBody } from "./request.ts";

/** Entries in one request, at most, and where none is told. */
const mostEntries = 500;
const usualEntries = 100;

export const replaySchema = z.strictObject({
  ...quarantineFilterSchema,
  ids: z.optional(z.array(z.string().check(z.maxLength(200))).check(z.maxLength(mostEntries))),
  limit: z.optional(z.int().check(z.minimum(1), z.maximum(mostEntries))),
  cursor: z.optional(z.string().check(z.maxLength(1000))),
});
type ReplayRequest = z.infer<typeof replaySchema>;

/** Milliseconds after which a request begins no more entries: it must have answered before the gateway gives up. */
const longest = 12_000;
/** Entries replayed at once, and between two looks at the clock. */
const atOnce = 8;

/** Something to be replayed, and the cursor that goes on behind it. */
interface Candidate {
  id: string;
  behind: string;
}

/**
 * `POST /v1/quarantine/replay`: puts entries through what reads their route now, oldest first. Those that are facts then leave the
 * quarantine, after the queue has the facts; the others stay, and the answer says why. Long lists take several requests.
 */
export async function replayQuarantine(api: Api, event: HttpEvent): Promise<Answer> {
  const request = await validBody(replaySchema, event);
  if (!request.ids && Object.keys(quarantineFilterSchema).every((name) => !(name in request)))
    throw badRequest("no_filter", "", "say which: ids, source, reason, from or to");
  const begun = api.clock();
  const { candidates, next } = await candidatesOf(api, request);
  const replay: Replaying = { intake: api.intake, sources: await readSources(api.table), now: begun };

  const answer = {
    replayed: 0,
    stillQuarantined: [] as ({ id: string } & Refusal)[],
    notFound: [] as string[],
  };
  for (let index = 0; index < candidates.length; index += atOnce) {
    if (index > 0 && api.clock().getTime() - begun.getTime() > longest)
      return json(200, { ...answer, next: candidates[index - 1]?.behind ?? next });
    await eachOf(candidates.slice(index, index + atOnce), atOnce, async ({ id }) => {
      const place = parseQuarantineId(id);
      const entry = place && (await readQuarantine(api.table, api.files, place));
      if (!entry || !matches(entry, request)) {
        answer.notFound.push(id);
        return;
      }
      const result = await replayed(replay, entry);
      if ("refusal" in result) {
        answer.stillQuarantined.push({ id, ...result.refusal });
        return;
      }
      await deleteQuarantine(api.table, api.files, entry);
      answer.replayed++;
    });
  }
  return json(200, { ...answer, next });
}

const matches = ({ source, reason }: StoredQuarantine, request: ReplayRequest): boolean =>
  (request.source === undefined || source === request.source) &&
  (request.reason === undefined || reason === request.reason);

async function candidatesOf(
  api: Api,
  { ids, limit = usualEntries, cursor, ...filter }: ReplayRequest,
): Promise<{ candidates: Candidate[]; next: string | null }> {
  if (ids) {
    const behind = (index: number) => encodeCursor([String(index + 1)]);
    const candidates = ids.map((id, index) => ({ id, behind: behind(index) }));
    return { candidates: candidates.slice(cursor === undefined ? 0 : numberOf(cursor)), next: null };
  }
  const { found, next } = await searchQuarantine(api, filter, { newestFirst: false, limit, cursor });
  // What a bot filled must become no touch because somebody replays all that a source has: its reason, or its id, is to be named.
  const meant = found.filter(({ entry }) => filter.reason !== undefined || entry.reason !== "honeypot");
  const candidates = meant.map(({ place, entry }) => ({
    id: publicQuarantineId(entry),
    behind: encodeCursor([place.slice(0, 10), place]),
  }));
  return { candidates, next };
}

function numberOf(cursor: string): number {
  const [text = ""] = decodeCursor(cursor, 1);
  if (!/^\d{1,3}$/.test(text)) throw invalidCursor();
  return Number(text);
}

/** One entry that trips over a fault of ours must not hold up the others behind it. */
async function replayed(replay: Replaying, entry: StoredQuarantine): Promise<Replayed> {
  // Its bytes are gone: a deletion was interrupted, and is completed now.
  if (entry.raw === "" && entry.bytes > 0) return { done: true };
  try {
    return await replayEntry(replay, entry);
  } catch (error) {
    if (error instanceof QueueUnavailable || isOutage(error)) throw error;
    logger.error("replay failed", { id: publicQuarantineId(entry), ...failureOf(error) });
    const detail = "something went wrong on our side; it is in the log";
    return { refusal: { code: "replay_failed", field: "", detail } };
  }
}
