/** Statuses of somebody who stayed away, whatever else the row says. */
const absent =
  /^(n|no|false|0|nein|non|not[ _-]?(checked[ _-]?in|attended|scanned|arrived|used)|no[ _-]?show|absent|did not attend|cancell?ed|deleted|refunded|unused)$/i;

/** Statuses of somebody who was going to come, which is not yet to have come. */
const planned =
  /^((not[ _-]?)?attending|going|invited|pending|declined|expected|waitlist(ed)?|wait[ _-]listed)$/i;

const came =
  /^(y|yes|true|1|x|✓|✔|ja|oui|si|sí|checked[ _-]?in|attended|arrived|present|scanned|used|redeemed)$/i;

/**
 * What the columns of a row that tell whether its person came say together: one of absence outweighs the others, and a
 * check-in outweighs an intention. `unclear` where they say something else, undefined where they say nothing.
 */
export function readStatus(cells: readonly string[]): "absent" | "came" | "planned" | "unclear" | undefined {
  if (cells.some((cell) => absent.test(cell))) return "absent";
  if (cells.some((cell) => came.test(cell))) return "came";
  if (cells.some((cell) => planned.test(cell))) return "planned";
  return cells.length > 0 ? "unclear" : undefined;
}
