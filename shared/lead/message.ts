import type { TimelineTouch } from "../timeline/timeline.ts";

/** What form builders call the field for free text, the surest first; compared in lower case without punctuation. */
const messageFields = [
  "message",
  "yourmessage",
  "formmessage",
  "msg",
  "comment",
  "comments",
  "yourcomment",
  "yourcomments",
  "question",
  "questions",
  "yourquestion",
  "inquiry",
  "enquiry",
  "yourinquiry",
  "yourenquiry",
  "request",
  "howcanwehelp",
  "howcanwehelpyou",
  "whatcanwehelpyouwith",
  "additionalinformation",
  "additionalcomments",
  "notes",
  "note",
  "remarks",
  "description",
  "details",
  "feedback",
  "body",
  "text",
  "nachricht",
  "bemerkung",
  "mensaje",
  "messaggio",
  "mensagem",
  "bericht",
];

const longest = 500;

/** Cut to 500 characters, the last then an ellipsis; never through the middle of one. */
function shorten(message: string): string {
  const characters = [...message];
  return characters.length <= longest
    ? message
    : `${characters
        .slice(0, longest - 1)
        .join("")
        .trimEnd()}…`;
}

/** The free text of one form, or null where it has none. */
function messageOf(touch: TimelineTouch): string | null {
  let best = messageFields.length;
  let found: string | null = null;
  for (const [name, value] of Object.entries(touch.properties ?? {})) {
    const rank = messageFields.indexOf(name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, ""));
    const written = typeof value === "string" ? value.trim() : "";
    if (rank < 0 || rank >= best || written === "") continue;
    best = rank;
    found = written;
  }
  return found === null ? null : shorten(found);
}

/**
 * What the person last wrote into a form, or null.
 * @param touches oldest first
 */
export function lastMessageOf(touches: readonly TimelineTouch[]): string | null {
  for (const touch of touches.toReversed()) {
    const message = touch.channel === "form" ? messageOf(touch) : null;
    if (message !== null) return message;
  }
  return null;
}
