import { leadOverdue } from "../lead/event.ts";
import { announce } from "../queue/announce.ts";
import type { Queue } from "../queue/queue.ts";
import { eachOf } from "../store/each-of.ts";
import { HandOffs, readUnanswered } from "../store/hand-off.ts";
import { markOverdue } from "../store/ledger.ts";
import type { Table } from "../store/table.ts";

/** People read at once. */
const concurrency = 8;

/** Leads that were handed over longer ago than this are nobody's news any more. */
const watchedDays = 180;
/** Most are handed over in the night after they qualified, and those that sales had sent back some months later. */
const nearDays = 120;
/** How late a look may be, in days: longer after its clock ran out a lead was answered by a call or a meeting. */
const lateDays = 7;
const day = 24 * 60 * 60 * 1000;

/**
 * Announces the leads that nobody has answered within the service level, each once: first announced, then marked, so that one that
 * died in between is announced again, as the same event.
 * @param reach `near`: only those that can just have become overdue, which is next to all, and reads little; `all` finds the others too
 * @returns how many are newly overdue
 */
export async function announceOverdue(
  { table, deliveries }: { table: Table; deliveries: Queue },
  now: Date,
  reach: "near" | "all" = "all",
): Promise<number> {
  const before = (days: number) => new Date(now.getTime() - days * day).toISOString();
  const isNear = reach === "near";
  const unanswered = await readUnanswered(table, before(watchedDays), isNear ? before(nearDays) : undefined);
  const handOffs = new HandOffs(table, now.toISOString());
  let overdue = 0;
  await eachOf(unanswered, concurrency, async (entry) => {
    if (!(await handOffs.canBeOverdue(entry, (isNear ? lateDays : watchedDays) * day))) return;
    const handOff = await handOffs.read(entry);
    if (handOff?.state !== "overdue") return;
    await announce(deliveries, [leadOverdue(entry.leadId, handOff.dueAt ?? now.toISOString())]);
    await markOverdue(table, entry, now.toISOString());
    overdue += 1;
  });
  return overdue;
}
