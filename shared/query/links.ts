import { parse as parseCsv } from "csv-parse/sync";
import * as z from "zod/mini";
import { linkToken, personToken, type TrackedLink } from "../access/token.ts";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { badRequest, Problem } from "../http/problem.ts";
import { bodyBytes, parseBody } from "../request/body.ts";
import { heldItem, identifierItem } from "../store/facts.ts";
import { putAll } from "../store/table.ts";
import { identifierId, normaliseEmail } from "../touchpoint/identifier.ts";
import { campaignSchema } from "../touchpoint/touch.ts";
import type { Api } from "./api.ts";
import { valid, validBody } from "./request.ts";

const recipients = (most: number) => z.array(z.string().check(z.maxLength(320))).check(z.maxLength(most));

export const newLinkSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).check(z.maxLength(4096)),
  campaign: z.optional(campaignSchema),
  /** What the message is called in which the link stands; clicks show it as their asset. */
  message: z.optional(z.string().check(z.maxLength(300))),
  /** A link each; for longer lists there are link tokens. */
  recipients: z.optional(recipients(500)),
  /** How your e-mail tool writes the merge field that holds a person's token. */
  mergeField: z.optional(z.string().check(z.maxLength(100))),
  /** A hidden link beside each, which readers do not see and scanners follow. */
  honeypot: z.optional(z.boolean()),
});

const trackedLinkFields = {
  url: z.string(),
  /** Where a honeypot was asked for: its address, and the hidden link to put into the HTML of the message. */
  honeypotUrl: z.optional(z.string()),
  honeypotHtml: z.optional(z.string()),
};
export const linksSchema = z.union([
  z.strictObject(trackedLinkFields),
  z.strictObject({
    items: z.array(z.strictObject({ email: z.string(), ...trackedLinkFields })),
    next: z.null(),
  }),
]);

export const linkTokensSchema = z.strictObject({ recipients: recipients(10_000) });

export const linkTokensAnswerSchema = z.strictObject({
  items: z.array(z.strictObject({ email: z.string(), person: z.string() })),
  next: z.null(),
});

/** `POST /v1/links`: tracked links, one a recipient, or one with a place for the merge field. */
export async function createLinks(api: Api, event: HttpEvent): Promise<Answer> {
  const { recipients: people, mergeField, honeypot, ...target } = await validBody(newLinkSchema, event);
  const key = await api.secrets.signingKey();
  const link: TrackedLink = { v: 1, ...target, madeAt: api.clock().toISOString() };
  const base = `${api.publicUrl}/c/${linkToken(key, link)}.`;
  const hidden = `${api.publicUrl}/c/${linkToken(key, { ...link, honeypot: true })}.`;
  const links = (person: string) => ({
    url: base + person,
    ...(honeypot ? { honeypotUrl: hidden + person, honeypotHtml: hiddenAnchor(hidden + person) } : {}),
  });
  if (!people) return json(200, links(mergeField ?? "{{touchline_person}}"));
  const tokens = await personTokens(api, people);
  return json(200, { items: tokens.map(({ email, person }) => ({ email, ...links(person) })), next: null });
}

/**
 * A link that scanners find in the HTML of a message and its reader does not. It has no text, so that also where a mail program
 * drops the styles there is nothing to see or to hit; `display:none` takes it out of what is shown, read aloud and reached
 * by keyboard; `mso-hide` says the same to the Outlooks that lay out with Word; `aria-hidden` and `tabindex` say it to screen readers
 * and keyboards where the style is lost. The address is not escaped: it needs none but for the merge field, which the e-mail
 * tool must find as it was written.
 */
const hiddenAnchor = (url: string): string =>
  `<a href="${url}" aria-hidden="true" tabindex="-1" style="display:none;mso-hide:all;font-size:0;line-height:0;max-height:0;overflow:hidden"></a>`;

/** `POST /v1/link-tokens`: the `person` parts for a list, to be kept in a merge field; CSV is answered with CSV. */
export async function createLinkTokens(api: Api, event: HttpEvent): Promise<Answer> {
  const body = parseBody(bodyBytes(event), event.headers["content-type"]);
  if (body.kind === "json") {
    const tokens = await personTokens(api, valid(linkTokensSchema, body.value).recipients);
    return json(200, { items: tokens, next: null });
  }
  if (body.kind !== "csv") throw badRequest("not_json_or_csv", "", "a list comes as JSON or as text/csv");
  const tokens = await personTokens(
    api,
    valid(linkTokensSchema, { recipients: emailsOfCsv(body.text) }).recipients,
  );
  const lines = tokens.map(({ email, person }) => `"${email.replaceAll('"', '""')}",${person}`);
  return {
    statusCode: 200,
    headers: { "content-type": "text/csv; charset=utf-8", "cache-control": "no-store" },
    body: ["email,person", ...lines, ""].join("\r\n"),
  };
}

/** The column named like an e-mail, else the first; a header row is told by having no address in it. */
function emailsOfCsv(text: string): string[] {
  let rows: string[][];
  try {
    rows = parseCsv(text, { bom: true, relax_column_count: true, skip_empty_lines: true, trim: true });
  } catch {
    throw badRequest("invalid_csv", "", "this is no CSV");
  }
  const header = rows[0] ?? [];
  const column = Math.max(
    0,
    header.findIndex((name) => /^e-?mail/i.test(name)),
  );
  const hasHeader = !header.some((cell) => normaliseEmail(cell));
  return (hasHeader ? rows.slice(1) : rows).map((row) => row[column] ?? "");
}

/**
 * Tokens for people, whose addresses are kept, since a click carries none. Asked again for the same people it writes the
 * same and answers the same. The address of who was erased is not kept, and their clicks are dropped; the answer does not tell.
 */
async function personTokens(
  api: Api,
  emails: readonly string[],
): Promise<{ email: string; person: string }[]> {
  const namespace = await api.secrets.namespace();
  const key = await api.secrets.signingKey();
  const people = emails.map((sent, index) => {
    const email = normaliseEmail(sent);
    if (email === undefined)
      throw badRequest("invalid_email", `recipients.${index}`, "this is no e-mail address");
    return { email, id: identifierId(namespace, "email", email) };
  });
  const unique = new Map(people.map(({ email, id }) => [id, email]));
  const now = api.clock();
  const { identifierIds: suppressed } = await api.suppressed.get(now.getTime());
  const items = [...unique].flatMap(([id, email]) =>
    suppressed.has(id) ? [] : [identifierItem(id, "email", email), heldItem(id, now)],
  );
  const failed = await putAll(api.table, items);
  if (failed.size > 0) {
    throw new Problem({
      status: 503,
      code: "unavailable",
      detail: "not every address could be kept; try again",
      retryAfter: 5,
    });
  }
  return people.map(({ email, id }) => ({ email, person: personToken(key, id) }));
}
