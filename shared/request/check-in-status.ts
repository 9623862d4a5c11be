/**
 * Statuses in English, German, French and Spanish, as `plain` spells them. Excel writes what is true or false in the language it
 * runs in.
 */
const absent = new RegExp(
  [
    "^(n|no|false|0|nein|falsch|non|faux|falso|deleted|refunded|unused|erstattet|entschuldigt|excused?|rembourse)$",
    "^(absente?|abwesend|ausente|cancell?ed|storniert|abgesagt|abgemeldet|annulee?|cancelad[oa]|anulad[oa]|did not|didn't|non venue?)( |$)",
    "^(noshow|non (presente?|arrivee?|scannee?|participe)|not(checked ?in|attended|scanned|arrived|used))$",
    // No show, not checked in, nicht erschienen, pas venu, no asistio.
    "^(no|not|nicht|pas) ",
  ].join("|"),
);

/** What is not done or known of a lead, and says nothing of whether it came. */
const otherwise =
  /^(no|not|nicht|pas) (yet )?(contacted|called|reached|rated|scored|qualified|assigned|interested|applicable|available|specified|required|set|answer|response|reply|interest|rating|priority|follow ?up|kontaktiert|angerufen|erreicht|bewertet|qualifiziert|interessiert|zugewiesen|contactee?|contactad[oa])$/;

/** Statuses of somebody who was going to come, or was not, which tells of no check-in. */
const planned =
  /^((not ?)?attending|going|invited|pending|declined|expected|waitlist(ed)?|wait listed|eingeladen|zugesagt|erwartet|warteliste|ausstehend|invitee?|en attente|invitad[oa]|pendiente|en espera)$/;

const came = new RegExp(
  "^(y|yes|true|1|x|✓|✔|checked ?in|attended|arrived|present|scanned|used|redeemed|" +
    "ja|wahr|teilgenommen|anwesend|eingecheckt|erschienen|gekommen|gescannt|eingelost|" +
    "oui|vrai|presente?|venue?|arrivee?|(a )?participe|scannee?|" +
    "si|verdadero|asistio|asistid[oa]|llego|escanead[oa])$",
);

/** A status in one spelling: lower case, without accents, one space between words. */
const plain = (cell: string): string =>
  cell
    .toLowerCase()
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[\s_-]+/g, " ")
    .trim();

/**
 * What the columns of a row that tell whether its person came say together: one of absence outweighs the others, and a
 * check-in outweighs an intention. `unclear` where they say something else, undefined where they say nothing.
 */
export function readStatus(cells: readonly string[]): "absent" | "came" | "planned" | "unclear" | undefined {
  const statuses = cells.map(plain);
  if (statuses.some((status) => absent.test(status) && !planned.test(status) && !otherwise.test(status)))
    return "absent";
  if (statuses.some((status) => came.test(status))) return "came";
  if (statuses.some((status) => planned.test(status))) return "planned";
  return cells.length > 0 ? "unclear" : undefined;
}
