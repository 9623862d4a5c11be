import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { badRequest } from "../http/problem.ts";
import type { HandOff } from "../lead/hand-off.ts";
import { definitions, figuresBy, figuresOf, type HandOffFigures } from "../lead/hand-off-report.ts";
import { isoWeek } from "../policy/business-hours.ts";
import { parseTime } from "../request/time.ts";
import { eachOf } from "../store/each-of.ts";
import { HandOffs, readHandedOver } from "../store/hand-off.ts";
import type { Api } from "./api.ts";
import { validQuery } from "./request.ts";

export const handOffQuery = z.strictObject({
  /** ISO 8601; a quarter ago where it is left out. */
  from: z.optional(z.string()),
  /** ISO 8601, exclusive; now where it is left out. */
  to: z.optional(z.string()),
});

const day = 24 * 60 * 60 * 1000;
/** Thirteen weeks. */
const usualDays = 91;
/** People read at once. */
const concurrency = 24;
/** More than these take longer to read than a request may last. */
const mostLeads = 5_000;
const shownWaiting = 200;

/**
 * `GET /v1/handoff`: what marketing handed over in a span of time and what sales did with it, as a whole, by week, by owner and by
 * campaign; and who waits, the longest first. All of it is folded from the facts as they are now.
 */
export async function getHandOff(api: Api, event: HttpEvent): Promise<Answer> {
  const query = validQuery(handOffQuery, event);
  const now = api.clock();
  const to = instantOf("to", query.to) ?? now.toISOString();
  const from = instantOf("from", query.from) ?? new Date(Date.parse(to) - usualDays * day).toISOString();
  if (from >= to) throw badRequest("invalid_span", "from", "must be earlier than to");
  const { policy } = await api.policy.get(now.getTime());
  const entries = await readHandedOver(api.table, { from, to });
  if (entries.length > mostLeads) {
    const detail = `${entries.length} leads were handed over in this time; ask for a shorter one of at most ${mostLeads}`;
    throw badRequest("span_too_long", "from", detail);
  }
  const reader = new HandOffs(api.table, now.toISOString());
  const handOffs: HandOff[] = [];
  await eachOf(entries, concurrency, async (entry) => {
    const one = await reader.read(entry);
    if (one && one.handedOverAt >= from && one.handedOverAt < to) handOffs.push(one);
  });
  const waiting = handOffs
    .filter(({ state }) => state === "overdue" || state === "not_yet_due")
    .sort((a, b) => (a.startsAt + a.leadId < b.startsAt + b.leadId ? -1 : 1));
  return json(200, {
    from,
    to,
    timeZone: policy.timeZone,
    total: figuresOf(handOffs),
    weeks: named("week", handOffs, ({ handedOverAt }) => isoWeek(handedOverAt, policy.timeZone)),
    owners: named("owner", handOffs, ({ owner }) => owner),
    campaigns: named("campaign", handOffs, ({ campaign }) => campaign),
    waitingTotal: waiting.length,
    waiting: waiting.slice(0, shownWaiting).map(waitingView),
    unreadable: reader.unreadable,
    definitions,
  });
}

function instantOf(field: "from" | "to", sent: string | undefined): string | undefined {
  const time = sent === undefined ? undefined : parseTime(sent);
  if (sent !== undefined && time === undefined)
    throw badRequest("invalid_time", field, "ISO 8601 with a time zone is needed");
  return time;
}

const named = (
  name: string,
  handOffs: readonly HandOff[],
  groupOf: (one: HandOff) => string | null,
): (HandOffFigures & Record<string, unknown>)[] =>
  figuresBy(handOffs, groupOf).map((group) => ({ [name]: group.name, ...group.figures }));

const waitingView = ({ businessTime, ...one }: HandOff) => ({
  leadId: one.leadId,
  contactId: one.contactId,
  owner: one.owner,
  campaign: one.campaign,
  handedOverAt: one.handedOverAt,
  receivedAt: one.receivedAt,
  startsAt: one.startsAt,
  dueAt: one.dueAt,
  state: one.state,
  businessHoursWaited:
    businessTime === null ? null : Math.round((businessTime / (60 * 60 * 1000)) * 100) / 100,
});

const hours = z.strictObject({ median: z.nullable(z.number()), p90: z.nullable(z.number()) });
const share = z.nullable(z.number());
const figures = {
  handedOver: z.int(),
  marketing: z.strictObject({
    withdrawn: z.int(),
    accepted: z.int(),
    rejected: z.int(),
    recycled: z.int(),
    undecided: z.int(),
    acceptanceRate: share,
    reasons: z.record(z.string(), z.int()),
    won: z.int(),
  }),
  sales: z.strictObject({
    inTime: z.int(),
    late: z.int(),
    overdue: z.int(),
    notYetDue: z.int(),
    unmeasured: z.int(),
    withdrawn: z.int(),
    inTimeRate: share,
    answerHours: hours,
  }),
  system: z.strictObject({ delayHours: hours }),
};
const text = z.nullable(z.string());

/** What `GET /v1/handoff` answers. */
export const handOffSchema = z.strictObject({
  from: z.string(),
  to: z.string(),
  /** In which the weeks are weeks. */
  timeZone: z.string(),
  total: z.strictObject(figures),
  weeks: z.array(z.strictObject({ week: z.string(), ...figures })),
  owners: z.array(z.strictObject({ owner: text, ...figures })),
  campaigns: z.array(z.strictObject({ campaign: text, ...figures })),
  waitingTotal: z.int(),
  /** The longest first, at most two hundred. */
  waiting: z.array(
    z.strictObject({
      leadId: z.string(),
      contactId: z.string(),
      owner: text,
      campaign: text,
      handedOverAt: z.string(),
      receivedAt: text,
      startsAt: z.string(),
      dueAt: text,
      state: z.enum(["overdue", "not_yet_due"]),
      businessHoursWaited: z.nullable(z.number()),
    }),
  ),
  /** Leads that are in no figure, because what is known of their contacts cannot be read: the log names these by id. */
  unreadable: z.int(),
  definitions: z.record(z.string(), z.string()),
});
