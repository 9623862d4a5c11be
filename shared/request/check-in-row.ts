import type { CheckInColumn } from "./check-in-columns.ts";
import type { ListSettings } from "./check-in-list.ts";
import { readStatus } from "./check-in-status.ts";
import type { KnownField } from "./field-names.ts";
import { addProperty } from "./form-collection.ts";
import { readListTime, type TimeCell, type TimeReading } from "./list-time.ts";
import { completeName, isHonorific } from "./person-name.ts";
import type { Refusal } from "./refusal.ts";
import { cleanText } from "./text.ts";
import type { NamedZone } from "./time-zone.ts";

/** A column of a list of check-ins. */
export interface ListColumn {
  /** Its header, unlike that of any other column. */
  label: string;
  meaning: CheckInColumn | undefined;
  /** Whether its header speaks of a time without saying that it is the one of the check-in. */
  isVagueTime: boolean;
  /** Whether it is never kept (see `isTechnical`). */
  isTechnical: boolean;
  /** The time zone that its header names. */
  zone?: NamedZone | undefined;
}

/** The cells of a row by what they mean; the first that says something stands. */
type Cells = Map<CheckInColumn, TimeCell>;

const refuse = (code: string, field: string, detail: string): { refusal: Refusal } => ({
  refusal: { code, field, detail },
});

/** What somebody was in a meeting, where a list has it under `Role`: it is not what they do. */
const roleInMeeting =
  /^(attendee|participant|guest|organi[sz]er|presenter|panelist|host|co-?host|teilnehmer(in)?|organisator(in)?|referent(in)?|participante?|invitado|invité)$/i;

/** What apps write where they have nothing. */
const isNothing = (cell: string): boolean => cell === "" || /^(--|—|–|n\/a|#n\/a)$/i.test(cell);

/**
 * The check-in that a row of a list is, in the shape of `checkInSchema`, or why it is none.
 * @param cells clean; those missing at the end are empty
 */
export function readRow(
  cells: readonly string[],
  columns: readonly ListColumn[],
  settings: ListSettings,
): { checkIn: unknown } | { refusal: Refusal } {
  const statuses = cells.filter((cell, index) => columns[index]?.meaning === "checkedIn" && !isNothing(cell));
  const status = readStatus(statuses);
  if (status === "absent" || status === "planned")
    return refuse("not_checked_in", "checkedInAt", "the list says that this person did not check in");

  const { found, properties } = sortCells(cells, columns, status === "unclear");
  const text = (column: CheckInColumn): string | undefined => found.get(column)?.text;
  if (status === "unclear") addProperty(properties, "status", text("checkedIn"));

  const time = readTime(found, settings);
  if ("refusal" in time) return time;
  // Exports list everybody who registered.
  const asked = columns.some(({ meaning }) => isTimeColumn(meaning) || meaning === "checkedIn");
  if (time.checkedInAt === undefined && asked && status !== "came") {
    return refuse(
      "not_checked_in",
      "checkedInAt",
      status === "unclear"
        ? "the row has no time of check-in, and its status is not known as one of somebody who came, such as Yes or Checked In"
        : "the row has no time of check-in",
    );
  }
  const of = eventOf(text("eventId"), text("eventName"), settings.event ?? {});
  if (Object.keys(of).length === 0) {
    return refuse(
      "invalid_field",
      "event",
      "the row names no event: give the list a column Event ID or Event Name, or add ?event=, ?eventId= or ?eventName= to the address",
    );
  }
  const person = completeName(
    present({ firstName: text("firstName"), lastName: text("lastName") }),
    text("fullName") ?? "",
  );
  const fields = (...fields: KnownField[]) =>
    present(Object.fromEntries(fields.map((field) => [field, text(field)])));
  const campaign = present({
    id: text("campaign.id"),
    name: text("campaign.name"),
    source: text("campaign.source"),
    medium: text("campaign.medium"),
    term: text("campaign.term"),
    content: text("campaign.content"),
  });
  const checkIn = {
    ...present({ id: text("id") }),
    event: of,
    attendee: {
      ...fields("email", "crm", "user"),
      ...person,
      ...fields("company", "jobTitle", "phone", "country"),
    },
    ...present({ checkedInAt: time.checkedInAt }),
    ...(Object.keys(campaign).length > 0 ? { campaign } : {}),
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
  };
  return { checkIn };
}

/** A row's cells by what they mean, and those that mean nothing here as properties. */
function sortCells(
  cells: readonly string[],
  columns: readonly ListColumn[],
  isUnclear: boolean,
): { found: Cells; properties: Record<string, unknown> } {
  const found: Cells = new Map();
  const properties: Record<string, unknown> = {};
  const certain = new Set(columns.flatMap(({ meaning, isVagueTime }) => (isVagueTime ? [] : [meaning])));
  for (const [index, column] of columns.entries()) {
    const cell = cells[index] ?? "";
    if (isNothing(cell)) continue;
    const { meaning, label, zone } = column;
    const fits =
      meaning === "jobTitle"
        ? !isHonorific(cell) && !roleInMeeting.test(cell)
        : !column.isVagueTime || isTimeOfCheckIn(meaning, certain, isUnclear);
    if (meaning !== undefined && fits && !found.has(meaning)) found.set(meaning, { text: cell, zone });
    else if (!column.isTechnical) addProperty(properties, label, cell);
  }
  return { found, properties };
}

/**
 * Whether a vague time is the one of the check-in: not beside a column that says it is, even if that one is empty, and not beside
 * a status such as "Registered".
 */
function isTimeOfCheckIn(
  meaning: CheckInColumn | undefined,
  certain: ReadonlySet<CheckInColumn | undefined>,
  isUnclear: boolean,
): boolean {
  if (isUnclear || certain.has("checkedInAt") || (meaning !== undefined && certain.has(meaning)))
    return false;
  return meaning !== "checkedInAt" || !(certain.has("checkInDate") || certain.has("checkInTime"));
}

/** The row's event, whole, else the list's: half of each would be a third event. */
function eventOf(
  id: string | undefined,
  name: string | undefined,
  event: { id?: string | undefined; name?: string | undefined },
): { id?: string; name?: string } {
  const named = present({ id, name });
  if (Object.keys(named).length > 0) return named;
  return present({ id: cleanText(event.id ?? ""), name: cleanText(event.name ?? "") });
}

const isTimeColumn = (meaning: CheckInColumn | undefined): boolean =>
  meaning === "checkedInAt" || meaning === "checkInDate" || meaning === "checkInTime";

/** When a row's person came; nothing where the list does not say when. */
function readTime(found: Cells, reading: TimeReading): { checkedInAt?: string } | { refusal: Refusal } {
  const read = readListTime(
    { both: found.get("checkedInAt"), date: found.get("checkInDate"), clock: found.get("checkInTime") },
    reading,
  );
  if ("refusal" in read) return read;
  if (read.time !== undefined) return { checkedInAt: read.time };
  const status = readListTime({ both: found.get("checkedIn") }, reading);
  if ("time" in status && status.time !== undefined) return { checkedInAt: status.time };
  // A status that is no time is none; one that is a time and cannot be placed has to be said.
  if ("refusal" in status && status.refusal.code !== "invalid_time") return status;
  return {};
}

function present<Members extends Record<string, string | undefined>>(
  members: Members,
): { [Name in keyof Members]?: string } {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== ""),
  ) as {
    [Name in keyof Members]?: string;
  };
}
