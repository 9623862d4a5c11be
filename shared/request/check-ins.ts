import * as z from "zod/mini";
import { campaignSchema, type TouchpointInput, traitsSchema } from "../touchpoint/touch.ts";
import { inRow, RefusedRow } from "./check-in-list.ts";
import type { Refusal } from "./refusal.ts";
import { refusalOf } from "./refusal.ts";
import { parseTime } from "./time.ts";
import { withoutNulls } from "./without-nulls.ts";

export { checkInsFromCsv } from "./check-in-csv.ts";
export { type CheckInRow, inRow, type ListSettings, type SaidOfList } from "./check-in-list.ts";

const text = (maximum: number) => z.string().check(z.maxLength(maximum));
const textOrNumber = (maximum: number) => z.union([text(maximum), z.number()]);

/** What `POST /v1/check-ins` takes: who was scanned in at which event, and when. Ids may be numbers. */
export const checkInSchema = z.strictObject({
  id: z.optional(textOrNumber(500)),
  event: z
    .strictObject({ id: z.optional(textOrNumber(300)), name: z.optional(text(500)) })
    .check(
      z.refine(
        (event) => [event.id, event.name].some((part) => part !== undefined && part !== ""),
        "id or name is needed",
      ),
    ),
  attendee: z.strictObject({
    email: z.optional(text(320)),
    crm: z.optional(text(200)),
    user: z.optional(text(200)),
    ...traitsSchema.shape,
  }),
  checkedInAt: z.optional(z.union([text(40), z.number()])),
  campaign: z.optional(campaignSchema),
  properties: z.optional(z.record(z.string(), z.unknown())),
});
export type CheckIn = z.infer<typeof checkInSchema>;

const asText = (value: string | number | undefined): string | undefined => {
  const trimmed = value === undefined ? "" : String(value).trim();
  return trimmed === "" ? undefined : trimmed;
};

/** The id of a check-in's event, else its name: what tells the check-ins of one person apart. */
export const eventIdOf = ({ event }: CheckIn): string => asText(event.id) ?? asText(event.name) ?? "";

/**
 * The touch that a check-in is: the event is its asset, and its campaign where the sender names none. Of a time
 * that cannot be read the text stays, for the touch to be refused for it.
 */
export function checkInToTouchpoint(checkIn: CheckIn): TouchpointInput {
  const { attendee, campaign, checkedInAt, properties } = checkIn;
  const { email, crm, user, ...traits } = attendee;
  const event = { id: asText(checkIn.event.id), name: asText(checkIn.event.name) };
  const hasCampaign = asText(campaign?.id) !== undefined || asText(campaign?.name) !== undefined;
  const id = asText(checkIn.id);
  return {
    ...(id === undefined ? {} : { id }),
    channel: "check_in",
    ...(checkedInAt === undefined ? {} : { occurredAt: parseTime(checkedInAt) ?? String(checkedInAt) }),
    identifiers: { email, crm, user },
    traits,
    campaign: hasCampaign ? campaign : { ...campaign, id: event.id, name: event.name?.slice(0, 300) },
    asset: event,
    ...(properties === undefined ? {} : { properties }),
  };
}

/**
 * Reads one check-in as it was sent: its touch and its event's id (see `eventIdOf`), or why it is none. A member that is
 * null counts as not sent.
 * @param row the number of its row in a list, for the refusal to name
 */
export function checkInFrom(
  sent: unknown,
  row?: number,
): { touchpoint: TouchpointInput; eventId: string } | { refusal: Refusal } {
  if (sent instanceof RefusedRow) return { refusal: sent.refusal };
  const parsed = checkInSchema.safeParse(withoutNulls(sent));
  if (parsed.success)
    return { touchpoint: checkInToTouchpoint(parsed.data), eventId: eventIdOf(parsed.data) };
  const refusal = refusalOf(parsed.error.issues, "a check-in");
  return { refusal: row === undefined ? refusal : inRow(row, refusal) };
}
