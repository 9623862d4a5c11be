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
    "checkedin attended attendance attendancestatus checkinstatus checkedinstatus status arrived",
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

/** The column that a header means, or undefined. A unit or zone in brackets (`Scan Time (UTC)`) does not count. */
export function checkInColumn(header: string): CheckInColumn | undefined {
  const own =
    columnOfKey.get(fieldKey(header)) ?? columnOfKey.get(fieldKey(header.replace(/\([^)]*\)/g, "")));
  if (own) return own;
  const field = recogniseField(fieldPath(header));
  return field && ofPerson.has(field) ? field : undefined;
}
