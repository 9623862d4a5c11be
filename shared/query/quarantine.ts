import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { decodeCursor, defaultLimit, encodeCursor, invalidCursor, pagingSchema } from "../http/paging.ts";
import { readQuarantineDay } from "../store/quarantine.ts";
import type { Api } from "./api.ts";
import { validQuery } from "./request.ts";

export const quarantineQuery = z.strictObject(pagingSchema);

const day = 24 * 60 * 60 * 1000;
/** Days looked through for one page, at most; where they are empty the page says how to go on. */
const daysPerPage = 366;

/** `GET /v1/quarantine`: what could not be used, newest first. */
export async function listQuarantine(api: Api, event: HttpEvent): Promise<Answer> {
  const { limit = defaultLimit, cursor } = validQuery(quarantineQuery, event);
  const firstDay = await api.secrets.firstDay();
  let [current, after] =
    cursor === undefined ? [dayOf(api.clock().getTime() + day), "-"] : decodeCursor(cursor, 2);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(current!) || Number.isNaN(Date.parse(current!))) throw invalidCursor();
  const items: unknown[] = [];
  for (let days = 0; days < daysPerPage && current! >= firstDay; days++) {
    const { entries, more } = await readQuarantineDay(
      api.table,
      current!,
      limit - items.length,
      after === "-" ? undefined : after,
    );
    items.push(...entries.map(({ entry }) => entry));
    if (items.length >= limit || more) {
      const last = entries.at(-1)?.key ?? "-";
      const next = more ? [current!, last] : [dayOf(Date.parse(current!) - day), "-"];
      return json(200, { items, next: next[0]! >= firstDay ? encodeCursor(next) : null });
    }
    current = dayOf(Date.parse(current!) - day);
    after = "-";
  }
  return json(200, { items, next: current! >= firstDay ? encodeCursor([current!, "-"]) : null });
}

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
