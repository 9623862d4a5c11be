import type { Source } from "../access/source.ts";
import type { HttpEvent } from "../edge/http-handler.ts";
import { badRequest, Problem } from "../http/problem.ts";
import { bodyBytes, type ParsedBody } from "../request/body.ts";
import { readFieldMap } from "../request/field-map.ts";
import { fieldPath, recogniseField } from "../request/field-names.ts";
import { parseFormBody } from "../request/form-body.ts";
import type { FormConsent } from "../request/form-consent.ts";
import { type FormSubmission, readForm, readJsonForm } from "../request/form-fields.ts";
import type { Refusal } from "../request/refusal.ts";
import type { QuarantineFact } from "../touchpoint/message.ts";
import type { TouchpointInput } from "../touchpoint/touch.ts";
import { type Arrival, largestQuarantined, quarantined } from "./findings.ts";
import { type Intake, judge, type Receipt, sendFacts, takeIn } from "./intake.ts";
import type { Sender } from "./sender.ts";

/** A form's fields sorted, and whether any of them is one for an e-mail address, filled or not. */
export interface ReadForm {
  submission: FormSubmission;
  asksForEmail: boolean;
}

/** Reads a form's body. Throws UnusableBody, and Problem 400 where the body is no form. */
export async function readFormBody(
  bytes: Buffer,
  contentType: string | undefined,
  source: Source,
): Promise<ReadForm> {
  const body = await parseFormBody(bytes, contentType);
  const options = { fieldMap: source.fieldMap, honeypot: source.honeypots };
  const asksForEmail = namesOf(body).some(emailName(source.fieldMap));
  if (body.kind === "form") return { submission: readForm(body.fields, options), asksForEmail };
  const isObject = body.kind === "json" && body.value !== null && typeof body.value === "object";
  if (isObject && !Array.isArray(body.value)) {
    return { submission: readJsonForm(body.value, options), asksForEmail };
  }
  throw badRequest("not_a_form", "", "the body is a form (urlencoded or multipart) or one JSON object");
}

const emailName = (fieldMap: Record<string, string> | undefined) => {
  const target = readFieldMap(fieldMap);
  return (name: string): boolean => {
    const mapped = target(name);
    if (mapped) return typeof mapped === "object" && "field" in mapped && mapped.field === "email";
    return recogniseField(fieldPath(name)) === "email";
  };
};

/** Names of fields, those of objects in objects with what stands around them. */
function namesOf(body: ParsedBody): string[] {
  if (body.kind === "form") return [...body.fields.keys()];
  const names: string[] = [];
  const walk = (value: unknown, around: string, depth: number) => {
    if (value === null || typeof value !== "object" || depth > 4 || names.length > 2000) return;
    for (const [name, inner] of Object.entries(value)) {
      names.push(around + name);
      walk(inner, `${around}${name}.`, depth + 1);
    }
  };
  if (body.kind === "json") walk(body.value, "", 0);
  return names;
}

/**
 * Takes a form: makes a touch of it, or keeps it for somebody who can. Throws a Problem where nobody can read it, and
 * QueueUnavailable, after which nothing may be acknowledged.
 */
export async function takeForm(
  intake: Intake,
  event: HttpEvent,
  { source }: Sender,
  now: Date,
): Promise<{ submission: FormSubmission; receipt: Receipt }> {
  const bytes = bodyBytes(event);
  const { submission, asksForEmail } = await readFormBody(bytes, event.headers["content-type"], source);
  const scope = event.pathParameters?.formId ?? "";
  const delivery = { source, route: "forms", scope, now };
  const candidates = [formTouchpoint(submission, scope, source, formPageOf(event))];
  const keep = (refusal: Refusal) => sendFacts(intake, [quarantinedForm(event, bytes, source, refusal, now)]);
  if (submission.honeypot) {
    await keep(filledHoneypot);
    // A bot that filled the honeypot must not learn that it did: it is answered as if it had not.
    return { submission, receipt: (await judge(intake, candidates, delivery)).receipt };
  }
  if (!asksForEmail && !saysWho(submission, source)) {
    await keep(noFieldForEmail);
    const quarantined = [{ index: 0, ...noFieldForEmail }];
    return { submission, receipt: { accepted: 0, ids: [], rejected: [], quarantined } };
  }
  return { submission, receipt: await takeIn(intake, candidates, delivery) };
}

/** A server may say who it is by its own ids; of a web page they are anybody's. */
const saysWho = ({ email, anonymous, user, crm }: FormSubmission, { type }: Source): boolean =>
  [email, anonymous, ...(type === "server" ? [user, crm] : [])].some(
    (identifier) => identifier !== undefined,
  );

/** Whose browser sent a form, and from which page. */
export interface FormPage {
  userAgent?: string;
  ip?: string;
  referer?: string;
}

/** What a request says of it. */
const formPageOf = ({ headers, requestContext }: HttpEvent): FormPage => ({
  userAgent: headers["user-agent"]?.slice(0, 1024),
  ip: requestContext.http.sourceIp,
  referer: headers.referer,
});

/**
 * The touch that a form's fields make, the consents in them, and the item its hash is taken over: all that the person sent. What a web page says of
 * user and CRM ids anyone can say, so with a public key they are properties and identify nobody.
 */
export function formTouchpoint(
  submission: FormSubmission,
  formId: string,
  source: Source,
  page: FormPage,
): { item: unknown; touchpoint: TouchpointInput; consents: readonly FormConsent[] } {
  const {
    messageId,
    occurredAt,
    email,
    anonymous,
    user,
    crm,
    traits,
    campaign,
    asset,
    properties,
    consents,
  } = submission;
  const known = Object.fromEntries(Object.entries({ user, crm }).filter(([, value]) => value !== undefined));
  const isPublic = source.type === "public";
  const touchpoint: TouchpointInput = {
    id: messageId,
    channel: "form",
    occurredAt,
    identifiers: { email, anonymous, ...(isPublic ? {} : known) },
    traits,
    campaign,
    asset: { id: formId, url: asset?.url ?? shortUrl(page.referer) },
    client: { userAgent: page.userAgent, ip: page.ip },
    properties: isPublic ? { ...properties, ...known } : properties,
  };
  const item = { formId, email, anonymous, ...known, traits, campaign, properties, consents };
  return { item, touchpoint, consents: consents ?? [] };
}

/** A page's address, where it is no longer than a touch takes: the form must not be lost for it. */
const shortUrl = (url: string | undefined): string | undefined =>
  url && url.length <= 4096 ? url : undefined;

/**
 * A form that is kept rather than taken, with its raw body: its honeypot was filled, perhaps by a person's password manager; or it
 * has no field that is known for an e-mail address, which the source's field map can mend.
 */
function quarantinedForm(
  event: HttpEvent,
  bytes: Buffer,
  source: Source,
  refusal: Refusal,
  now: Date,
): QuarantineFact {
  if (bytes.length > largestQuarantined) {
    throw new Problem({ status: 413, code: "body_too_large", detail: "this form is too large" });
  }
  const headers = Object.fromEntries(
    ["user-agent", "referer"].flatMap((name) => {
      const value = event.headers[name];
      return value ? [[name, value.slice(0, 4096)]] : [];
    }),
  );
  const arrival: Arrival = {
    source,
    route: `forms/${event.pathParameters?.formId ?? ""}`,
    receivedAt: now.toISOString(),
    contentType: event.headers["content-type"] ?? "",
    headers,
  };
  return quarantined(bytes, arrival, refusal);
}

/** Why a form that a machine seems to have filled is kept back. */
const filledHoneypot: Refusal = {
  code: "honeypot",
  field: "",
  detail: "a field was filled that people do not see",
};

/** Why a form is kept back that says nobody's name. */
const noFieldForEmail: Refusal = {
  code: "missing_identifier",
  field: "identifiers.email",
  detail: "no field is known for an e-mail address: name it in the source's fieldMap, and replay",
};
