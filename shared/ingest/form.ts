import { randomUUID } from "node:crypto";
import type { Source } from "../access/source.ts";
import type { HttpEvent } from "../edge/http-handler.ts";
import { Problem } from "../http/problem.ts";
import type { FormSubmission } from "../request/form-fields.ts";
import type { Fact } from "../touchpoint/message.ts";
import type { TouchpointInput } from "../touchpoint/touch.ts";

/**
 * The touch that a form's fields make, and the item its hash is taken over: all that the person sent. What a web page says of
 * user and CRM ids anyone can say, so with a public key they are properties and identify nobody.
 */
export function formTouchpoint(
  submission: FormSubmission,
  formId: string,
  source: Source,
  event: HttpEvent,
): { item: unknown; touchpoint: TouchpointInput } {
  const { messageId, occurredAt, email, anonymous, user, crm, traits, campaign, asset, properties } =
    submission;
  const known = Object.fromEntries(Object.entries({ user, crm }).filter(([, value]) => value !== undefined));
  const isPublic = source.type === "public";
  const touchpoint: TouchpointInput = {
    id: messageId,
    channel: "form",
    occurredAt,
    identifiers: { email, anonymous, ...(isPublic ? {} : known) },
    traits,
    campaign,
    asset: { id: formId, url: asset?.url ?? shortUrl(event.headers.referer) },
    client: {
      userAgent: event.headers["user-agent"]?.slice(0, 1024),
      ip: event.requestContext.http.sourceIp,
    },
    properties: isPublic ? { ...properties, ...known } : properties,
  };
  return { item: { formId, email, anonymous, ...known, traits, campaign, properties }, touchpoint };
}

/** A page's address, where it is no longer than a touch takes: the form must not be lost for it. */
const shortUrl = (url: string | undefined): string | undefined =>
  url && url.length <= 4096 ? url : undefined;

/** In base64, and with what stands around it, this much fits into one message. */
const largestQuarantined = 700 * 1024;

/** A form whose honeypot was filled: kept with its raw body, in case a person's password manager filled it. */
export function quarantinedForm(event: HttpEvent, bytes: Buffer, source: Source, now: Date): Fact {
  if (bytes.length > largestQuarantined) {
    throw new Problem({ status: 413, code: "body_too_large", detail: "this form is too large" });
  }
  return {
    kind: "quarantine",
    id: randomUUID(),
    source: source.id,
    route: `forms/${event.pathParameters?.formId ?? ""}`,
    reason: "honeypot",
    receivedAt: now.toISOString(),
    contentType: event.headers["content-type"] ?? "",
    raw: bytes.toString("base64"),
  };
}
