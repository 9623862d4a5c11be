import { fieldKey, fieldPath, type KnownField, recogniseField } from "./field-names.ts";

/** What a column of a list of check-ins can hold, beside what a form's field can. */
export type CheckInColumn =
  | KnownField
  | "id"
  | "eventId"
  | "eventName"
  | "checkedInAt"
  | "checkInDate"
  | "checkInTime"
  | "checkedIn";

/** The headers of the usual event apps' exports, as `fieldKey` spells them. */
const headers: [CheckInColumn, string][] = [
  [
    "id",
    "id badgeid badgenumber badge registrationid registrationnumber ticketid ticketnumber attendeeid barcode checkinid scanid",
  ],
  ["eventId", "eventid eventcode"],
  ["eventName", "event eventname eventtitle veranstaltung"],
  [
    "checkedInAt",
    "checkedinat checkinat checkindatetime checkedindatetime checkintimestamp checkinon checkedinon scannedat scandatetime scantimestamp " +
      "attendedat arrivedat arrivaltime timestamp datetime",
  ],
  ["checkInDate", "scandate checkindate checkedindate date"],
  ["checkInTime", "scantime checkintime checkedintime time"],
  [
    "checkedIn",
    "checkedin attended attendance attendancestatus checkinstatus checkedinstatus status arrived attendeestatus gueststatus " +
      "participantstatus ticketstatus registrationstatus",
  ],
];

const columnOfKey = new Map<string, CheckInColumn>(
  headers.flatMap(([column, keys]) => keys.split(" ").map((key) => [key, column] as [string, CheckInColumn])),
);

const ofPerson = new Set<KnownField>([
  "email",
  "firstName",
  "lastName",
  "fullName",
  "company",
  "jobTitle",
  "phone",
  "country",
  "crm",
  "user",
  "campaign.id",
  "campaign.name",
  "campaign.source",
  "campaign.medium",
  "campaign.term",
  "campaign.content",
]);

/** Times that may as well be those of a registration. */
const vagueTimes = new Set(["timestamp", "datetime", "date", "time"]);

/** Whether a header speaks of a time without saying that it is the one of the check-in. */
export const isVagueTime = (header: string): boolean => vagueTimes.has(bareKey(header));

/** A header's key without what stands in brackets. */
const bareKey = (header: string): string => fieldKey(header.replace(/\([^()]*\)/g, ""));

/** The column that a header means, or undefined. A unit or zone in brackets (`Scan Time (UTC)`) does not count. */
export function checkInColumn(header: string): CheckInColumn | undefined {
  const own = columnOfKey.get(fieldKey(header)) ?? columnOfKey.get(bareKey(header));
  if (own) return own;
  const field = recogniseField(fieldPath(header));
  return field && ofPerson.has(field) ? field : undefined;
}
