import { fieldKey, fieldPath, type KnownField, recogniseField } from "./field-names.ts";

/** What a column of a list of check-ins can hold, beside what a form's field can. */
export type CheckInColumn =
  | KnownField
  /**
   * Names a scan. A badge's, ticket's or registration's number does not: one may be scanned more than once, and some apps number
   * the rows of each export anew. Such columns are only kept.
   */
  | "id"
  | "eventId"
  | "eventName"
  | "checkedInAt"
  | "checkInDate"
  | "checkInTime"
  | "checkedIn";

/** The headers of the usual event apps' and webinar tools' exports, as `fieldKey` spells them. */
const headers: [CheckInColumn, string][] = [
  ["id", "scanid scanuuid checkinid checkinuuid scanrecordid leadscanid interactionid"],
  ["eventId", "eventid eventcode eventkey webinarid webinarkey showcode showid veranstaltungsid"],
  [
    "eventName",
    "event eventname eventtitle nameofevent show showname conference conferencename webinar webinarname webinartitle veranstaltung " +
      "veranstaltungsname veranstaltungstitel messe evenement nomdelevenement salon evento nombredelevento feria",
  ],
  [
    "checkedInAt",
    "checkedinat checkinat checkindatetime checkedindatetime checkindateandtime checkintimestamp checkinon checkedinon scannedat scannedon " +
      "scandatetime scandateandtime scantimestamp datetimescanned dateandtimescanned timescanned datescanned firstscan firstscanned " +
      "attendedat attendedon dateattended attendancedate attendancetime arrivedat arrivedon arrivaltime arrivaldate arrival entrytime enteredat " +
      "capturedat capturedon captureddate capturedate capturetime datecaptured leadcapturedat leadcapturedate visitedat visittime visitdate " +
      "interactiontime interactiondate joinedat jointime joindatetime firstjoin firstjoinat firstjointime attendeefirstjointime attendeejointime " +
      "dateadded addedat addedon connectedat " +
      "checkinzeit checkinzeitpunkt einchecken eingechecktam eingechecktum scanzeitpunkt gescanntam gescanntum erfasstam erfasstum " +
      "ankunft ankunftszeit beitrittszeit beitrittszeitpunkt ersterbeitritt teilnahmezeitpunkt " +
      "heuredarrivee datedarrivee datedescan heuredescan scannele enregistrele datedenregistrement heuredenregistrement datedecheckin " +
      "heuredeconnexion premiereconnexion dateetheuredescan " +
      "horadellegada fechadellegada horadeentrada fechadeescaneo horadeescaneo escaneadoel fechadecheckin fechayhoradeescaneo",
  ],
  ["checkInDate", "scandate checkindate checkedindate scandatum checkindatum"],
  ["checkInTime", "scantime checkintime checkedintime scanzeit"],
  [
    "checkedIn",
    "checkedin checkin scanned scan attended attendance attendancestatus attendedlive attendedevent attendedwebinar checkinstatus checkedinstatus " +
      "status arrived attendeestatus gueststatus participantstatus ticketstatus registrationstatus joined present attendedyesno " +
      "anwesend anwesenheit teilgenommen teilnahme teilnahmestatus eingecheckt erschienen statut presence participation aparticipe " +
      "estado asistencia asistio presente",
  ],
  // Tito has the attendee under `Ticket …`, beside the buyer under `Order …`. A ticket's name is what kind it is.
  ["fullName", "usernameoriginalname nameoriginalname nameofattendee ticketfullname"],
  ["firstName", "firstnameofattendee ticketfirstname"],
  ["lastName", "lastnameofattendee ticketlastname"],
  [
    "email",
    "emailofattendee emailaddressofattendee scannedemail badgeemail ticketemail ticketemailaddress direcciondecorreoelectronico",
  ],
  ["company", "ticketcompanyname ticketcompany"],
  ["jobTitle", "ticketjobtitle"],
  ["phone", "ticketphonenumber ticketphone"],
  ["country", "countryregionname"],
];

/** Times that may as well be those of a registration, or of the record. */
const vagueHeaders: [CheckInColumn, string][] = [
  [
    "checkedInAt",
    "timestamp datetime dateandtime createdat createdon created createddate createdtime datecreated creationdate submittedat submitteddate submissiondate " +
      "zeitstempel zeitpunkt datumuhrzeit datumundzeit datumunduhrzeit erstelltam horodateur horodatage dateetheure dateheure " +
      "marcatemporal marcadetiempo fechayhora fechahora",
  ],
  ["checkInDate", "date datum fecha"],
  ["checkInTime", "time uhrzeit zeit heure hora"],
];

const byKey = (lists: [CheckInColumn, string][]): Map<string, CheckInColumn> =>
  new Map(lists.flatMap(([column, keys]) => keys.split(" ").map((key) => [key, column] as const)));

const vague = byKey(vagueHeaders);
const columnOfKey = new Map([...byKey(headers), ...vague]);

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

/** Whether a header speaks of a time without saying that it is the one of the check-in. */
export const isVagueTime = (header: string): boolean => vague.has(bareKey(header));

/** A header's key without what stands in brackets, and without a zone behind it. */
const bareKey = (header: string): string =>
  fieldKey(header.replace(/\([^()]*\)|\[[^[\]]*\]/g, "").replace(/\s(?:utc|gmt)\s*$/i, ""));

/**
 * The column that a header means, or undefined. A unit or zone in brackets (`Scan Time (UTC)`) does not count.
 */
export function checkInColumn(header: string): CheckInColumn | undefined {
  const own = columnOfKey.get(fieldKey(header)) ?? columnOfKey.get(bareKey(header));
  if (own) return own;
  const field =
    recogniseField(fieldPath(header)) ?? recogniseField(fieldPath(header.replace(/\([^()]*\)/g, "")));
  return field && ofPerson.has(field) ? field : undefined;
}

/** A header is no longer; a longer cell is text. */
const longestHeader = 200;

/** Whether a column tells who the attendee is. */
export const identifies = (column: CheckInColumn | undefined): boolean =>
  column === "email" || column === "crm" || column === "user";

/** Whether a cell heads a column that tells who the attendee is. */
export const namesPerson = (cell: string): boolean =>
  cell !== "" && cell.length <= longestHeader && identifies(checkInColumn(cell));
