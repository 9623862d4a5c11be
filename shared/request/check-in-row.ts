import type { CheckInColumn } from "./check-in-columns.ts";
import { readStatus } from "./check-in-status.ts";
import type { KnownField } from "./field-names.ts";
import { addProperty } from "./form-collection.ts";
import { completeName, isHonorific } from "./person-name.ts";
import type { Refusal } from "./refusal.ts";
import { cleanText } from "./text.ts";
import { parseTime } from "./time.ts";

/** A column of a list of check-ins. */
export interface ListColumn {
  /** Its header, unlike that of any other column. */
  label: string;
  meaning: CheckInColumn | undefined;
  /** Whether its header speaks of a time without saying that it is the one of the check-in. */
  isVagueTime: boolean;
  /** Whether it is never kept (see `isTechnical`). */
  isTechnical: boolean;
}

const refuse = (code: string, field: string, detail: string): { refusal: Refusal } => ({
  refusal: { code, field, detail },
});

/**
 * The check-in that a row of a list is, in the shape of `checkInSchema`, or why it is none.
 * @param cells clean, as many as there are columns
 * @param event the event of a row that names none
 */
export function readRow(
  cells: readonly string[],
  columns: readonly ListColumn[],
  event: { id?: string | undefined; name?: string | undefined },
): { checkIn: unknown } | { refusal: Refusal } {
  const statuses = cells.filter((cell, index) => cell !== "" && columns[index]?.meaning === "checkedIn");
  const status = readStatus(statuses);
  if (status === "absent" || status === "planned")
    return refuse("not_checked_in", "checkedInAt", "the list says that this person did not check in");

  const found = new Map<CheckInColumn, string>();
  const properties: Record<string, unknown> = {};
  for (const [index, column] of columns.entries()) {
    const cell = cells[index] ?? "";
    if (cell === "") continue;
    const { meaning } = column;
    const fits =
      meaning === "jobTitle"
        ? !isHonorific(cell)
        : // The date beside "Registered" is the one of the registration.
          !(column.isVagueTime && status === "unclear");
    if (meaning !== undefined && fits && !found.has(meaning)) found.set(meaning, cell);
    else if (!column.isTechnical) addProperty(properties, column.label, cell);
  }
  if (status === "unclear") addProperty(properties, "status", found.get("checkedIn"));

  const asked = columns.some(({ meaning }) => isTimeColumn(meaning) || meaning === "checkedIn");
  const time = readTime(found, asked && status !== "came");
  if ("refusal" in time) return time;
  const of = eventOf(found, event);
  if (Object.keys(of).length === 0) {
    return refuse(
      "invalid_field",
      "event",
      "the row names no event: give the list a column Event ID or Event Name, or add ?eventId= or ?eventName= to the address",
    );
  }
  const person = completeName(
    present({ firstName: found.get("firstName"), lastName: found.get("lastName") }),
    found.get("fullName") ?? "",
  );
  const fields = (...fields: KnownField[]) =>
    present(Object.fromEntries(fields.map((field) => [field, found.get(field)])));
  const campaign = present({
    id: found.get("campaign.id"),
    name: found.get("campaign.name"),
    source: found.get("campaign.source"),
    medium: found.get("campaign.medium"),
    term: found.get("campaign.term"),
    content: found.get("campaign.content"),
  });
  const checkIn = {
    ...present({ id: found.get("id") }),
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

/** The row's event, whole, else the list's: half of each would be a third event. */
function eventOf(
  found: ReadonlyMap<CheckInColumn, string>,
  event: { id?: string | undefined; name?: string | undefined },
): { id?: string; name?: string } {
  const named = present({ id: found.get("eventId"), name: found.get("eventName") });
  if (Object.keys(named).length > 0) return named;
  return present({ id: cleanText(event.id ?? ""), name: cleanText(event.name ?? "") });
}

const isTimeColumn = (meaning: CheckInColumn | undefined): boolean =>
  meaning === "checkedInAt" || meaning === "checkInDate" || meaning === "checkInTime";

/**
 * When a row's person came; nothing where the list does not say when.
 * @param needed whether only a time shows that the person came: exports list everybody who registered
 */
function readTime(
  found: ReadonlyMap<CheckInColumn, string>,
  needed: boolean,
): { checkedInAt?: string } | { refusal: Refusal } {
  const [date, clock] = [found.get("checkInDate"), found.get("checkInTime")];
  const times = [found.get("checkedInAt"), date && clock ? `${date} ${clock}` : undefined, date, clock];
  for (const value of [...times, found.get("checkedIn")]) {
    const checkedInAt = value === undefined ? undefined : parseTime(value);
    if (checkedInAt !== undefined) return { checkedInAt };
  }
  if (times.some((value) => value !== undefined)) {
    return refuse(
      "ambiguous_time",
      "checkedInAt",
      "the time is not ISO 8601 with a time zone, for example 2026-11-21T10:00:00+01:00",
    );
  }
  return needed ? refuse("not_checked_in", "checkedInAt", "the row has no time of check-in") : {};
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
