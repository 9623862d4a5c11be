import { inRow } from "./check-in-list.ts";
import { csvRecords, maximumPreamble } from "./csv-records.ts";
import { readAmount } from "./deal-amount.ts";
import { dealFrom, mostContacts, type SaidDeal } from "./deals.ts";
import { fieldKey } from "./field-names.ts";
import { readListTime } from "./list-time.ts";
import type { Refusal } from "./refusal.ts";
import { type NamedZone, zoneOfHeader } from "./time-zone.ts";
import { UnusableBody } from "./unusable-body.ts";
import type { DateOrder } from "./wall-time.ts";

/** What a column of a list of deals can hold. */
type DealColumn =
  | "id"
  | "stage"
  | "amount"
  | "currency"
  | "createdAt"
  | "closedAt"
  | "owner"
  | "email"
  | "crm"
  | "user"
  | "people"
  | "role"
  | "updatedAt";

/** The headers of Salesforce's opportunity reports and data exports and of HubSpot's deal exports, as `fieldKey` spells them. */
const headers: Record<DealColumn, string> = {
  id: "opportunityid dealid recordid id hsobjectid opportunitynumber dealidentifier",
  stage: "stage dealstage stagename opportunitystage phase dealphase",
  amount: "amount dealamount opportunityamount value dealvalue betrag",
  currency:
    "currency amountcurrency currencyisocode currencycode dealcurrency dealcurrencycode opportunitycurrency wahrung",
  createdAt:
    "createdat createddate createdate created datecreated creationdate opportunitycreateddate dealcreatedate",
  closedAt: "closedat closedate closeddate closed expectedclosedate dealclosedate",
  owner:
    "owner opportunityowner dealowner ownername opportunityownername dealownername ownerfullname hubspotowner hubspotownername",
  email:
    "email emailaddress contactemail contactemailaddress contactsemail primarycontactemail associatedcontactemail associatedcontactemails",
  crm: "crm contactid contactids primarycontactid associatedcontactid associatedcontactids contactrecordid",
  user: "userid contactuserid",
  people: "associatedcontact associatedcontacts contact contacts",
  role: "role contactrole contactrolename opportunitycontactrole buyingrole",
  updatedAt:
    "updatedat lastmodifieddate lastmodified lastmodifiedat lastmodifiedtime modifieddate modifiedat lastupdated lastupdateddate systemmodstamp",
};

const columnOfKey = new Map(
  (Object.entries(headers) as [DealColumn, string][]).flatMap(([column, keys]) =>
    keys.split(" ").map((key) => [key, column] as const),
  ),
);

/** The column that a header means; what stands in brackets (`Close Date (UTC)`) does not count. */
const columnOf = (header: string): DealColumn | undefined =>
  header.length > 100
    ? undefined
    : (columnOfKey.get(fieldKey(header)) ?? columnOfKey.get(fieldKey(header.replace(/\([^()]*\)/g, ""))));

/** What a list of deals does not say of itself. */
export interface DealListSettings {
  /** Of times without a zone: an IANA name. */
  timeZone: string;
  dateOrder?: DateOrder | undefined;
  /** Whose ids the contacts' are, `salesforce`, where they do not say it: without it the headers tell. */
  crm?: string | undefined;
}

interface Column {
  meaning: DealColumn | undefined;
  zone: NamedZone | undefined;
}

/** A deal of a list, or why a row is none. */
export type DealRow = { deal: SaidDeal } | { refusal: Refusal };

/**
 * Reads a list of deals as Salesforce and HubSpot export it. The header is the first row with columns for the deal's id, its stage, when it
 * was last changed and its contacts. A deal has a row, or one for each of its contacts: rows that say the same of it are one deal with all of their contacts.
 * @returns a place for every row: the first row of a deal has it, the others of it have nothing; a refusal names its row
 * @throws UnusableBody `invalid_csv`, `workbook`, `too_many_items`, or `csv_header`
 */
export function dealsFromCsv(text: string, settings: DealListSettings, now: Date): (DealRow | undefined)[] {
  let columns: Column[] | undefined;
  let system = settings.crm;
  const read: (DealRow | undefined)[] = [];
  const merged = new Map<string, SaidDeal>();
  for (const [index, cells] of csvRecords(text).entries()) {
    if (cells.every((cell) => cell === "")) continue;
    if (!columns) {
      columns = headerOf(cells);
      system ??= columns && systemOf(cells);
      if (!columns && index >= maximumPreamble) throw noHeader();
      continue;
    }
    const row = readRow(cells, columns, { ...settings, crm: system }, now);
    if ("refusal" in row) {
      read.push({ refusal: inRow(index + 1, row.refusal) });
      continue;
    }
    const { contacts, ...said } = row.deal;
    const key = JSON.stringify(Object.entries(said).sort());
    const known = merged.get(key);
    if (!known) {
      merged.set(key, row.deal);
      read.push(row);
    } else if (known.contacts.length + contacts.length > mostContacts) {
      const detail = `a deal has ${mostContacts} contacts at most`;
      read.push({ refusal: inRow(index + 1, { code: "too_many_contacts", field: "contacts", detail }) });
    } else {
      known.contacts = joined(known.contacts, contacts);
      read.push(undefined);
    }
  }
  if (!columns) throw noHeader();
  return read;
}

const noHeader = () =>
  new UnusableBody(
    400,
    "csv_header",
    `The CSV has no header with columns for the deal's id, its stage, when it was last changed and its contacts (Opportunity ID, Stage, Last Modified Date, Contact ID or Email) in its first ${maximumPreamble} rows. Without its contacts a deal would have none from then on.`,
  );

function headerOf(cells: readonly string[]): Column[] | undefined {
  const columns = cells.map((header): Column => ({ meaning: columnOf(header), zone: zoneOfHeader(header) }));
  const means = (meaning: DealColumn) => columns.some((column) => column.meaning === meaning);
  // Each word on a deal is whole: a list that names nobody by its very columns would take everybody out of their deals.
  const namesContacts = (["email", "crm", "user", "people"] as const).some(means);
  return means("id") && means("stage") && means("updatedAt") && namesContacts ? columns : undefined;
}

/** Whose export it is, by how it heads its columns. */
function systemOf(cells: readonly string[]): string | undefined {
  const keys = cells.map(fieldKey);
  if (keys.some((key) => key.startsWith("opportunity") || key === "stagename")) return "salesforce";
  return keys.some((key) => /^(recordid|dealstage|dealowner|associatedcontact.*)$/.test(key))
    ? "hubspot"
    : undefined;
}

function joined(known: SaidDeal["contacts"], more: SaidDeal["contacts"]): SaidDeal["contacts"] {
  const keyOf = ({ identifiers: { email, crm, user } }: SaidDeal["contacts"][number]) =>
    JSON.stringify([email, crm, user]);
  const all = new Map(known.map((contact) => [keyOf(contact), contact]));
  for (const contact of more) if (!all.get(keyOf(contact))?.role) all.set(keyOf(contact), contact);
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, contact]) => contact);
}

/** What a spreadsheet makes of a long number, `1.23457E+11`: in no id is a plus. */
const rounded = /\dE\+\d/i;

type Cells = Map<DealColumn, { text: string; zone: NamedZone | undefined }>;

function readRow(
  cells: readonly string[],
  columns: readonly Column[],
  settings: DealListSettings,
  now: Date,
): DealRow {
  if (cells.slice(columns.length).some((cell) => cell !== "")) {
    const detail = `it has ${cells.length} cells, the header ${columns.length}`;
    return { refusal: { code: "ragged_row", field: "", detail } };
  }
  const found: Cells = new Map();
  for (const [index, { meaning, zone }] of columns.entries()) {
    const text = cells[index] ?? "";
    if (meaning && text !== "" && text !== "--" && !found.has(meaning)) found.set(meaning, { text, zone });
  }
  const times: Partial<Record<"createdAt" | "closedAt" | "updatedAt", string>> = {};
  for (const field of ["createdAt", "closedAt", "updatedAt"] as const) {
    const cell = found.get(field);
    const time = cell && readListTime({ both: cell }, settings);
    if (time && "refusal" in time) return { refusal: { ...time.refusal, field } };
    if (time?.time !== undefined) times[field] = time.time;
  }
  const text = (column: DealColumn): string | undefined => found.get(column)?.text;
  for (const column of ["id", "crm", "user"] as const) {
    if (!rounded.test(text(column) ?? "")) continue;
    const detail =
      "a spreadsheet has rounded this number, and others are rounded to the same: export the list again and send it as it is";
    return { refusal: { code: "rounded_id", field: column === "id" ? "id" : "contacts", detail } };
  }
  const amount = text("amount");
  const contacts = contactsOf(text, settings.crm);
  if (contacts.length === 0 && text("people") !== undefined) {
    const detail =
      "its contacts are named by their names alone: a column with their addresses or ids is needed, such as Associated Contact IDs";
    return { refusal: { code: "no_identifier", field: "contacts", detail } };
  }
  const money = amount === undefined ? undefined : readAmount(amount);
  if (money && "refusal" in money) return money;
  return dealFrom(
    {
      id: text("id") ?? null,
      stage: text("stage") ?? null,
      amount: money?.amount ?? null,
      currency: text("currency") ?? money?.currency ?? null,
      owner: text("owner") ?? null,
      contacts,
      ...times,
    },
    now,
  );
}

/**
 * The contacts of a row, of which HubSpot has several in one cell. Of one address and one id both are one person's; of several nobody
 * says which belong together.
 */
function contactsOf(text: (column: DealColumn) => string | undefined, system: string | undefined): object[] {
  const addresses = [
    ...new Set([...(text("email") ?? "").split(/[;,\s]+/), ...addressesIn(text("people"))].filter(Boolean)),
  ];
  const ids = (text("crm") ?? "")
    .split(/[;,\s]+/)
    .filter(Boolean)
    .map((id) => (system === undefined || id.includes(":") ? id : `${system}:${id}`));
  const role = text("role");
  const user = text("user");
  if (addresses.length <= 1 && ids.length <= 1) {
    const [email] = addresses;
    const [crm] = ids;
    return (email ?? crm ?? user) ? [{ email, crm, user, role }] : [];
  }
  return [...addresses.map((email) => ({ email, role })), ...ids.map((crm) => ({ crm, role }))];
}

/** The addresses in a cell of names: `Anna Berg (anna@acme.example);Ben Ode (ben@acme.example)`. */
const addressesIn = (text = ""): string[] =>
  text.length > 20_000 ? [] : (text.match(/[^\s();,<>]+@[^\s();,<>]+/g) ?? []);
