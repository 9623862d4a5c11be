import { randomUUID } from "node:crypto";
import type { TrackedLink } from "../access/token.ts";
import type { HttpEvent } from "../edge/http-handler.ts";
import type { Touch } from "../touchpoint/touch.ts";
import { hash16Of, touchIdOf } from "../touchpoint/touch-id.ts";
import { type Intake, sendFacts } from "./intake.ts";

/** The source that clicks on our own tracked links come from. */
export const trackedLinkSource = "tracked-links";

/**
 * Records a click. The link says what was clicked and the token who clicked; each click is a message of its own, which is why
 * a policy counts one a day.
 */
export async function recordClick(
  intake: Intake,
  link: TrackedLink,
  identifierId: string,
  event: HttpEvent,
  now: Date,
): Promise<void> {
  const { method, sourceIp } = event.requestContext.http;
  const honeypot = link.honeypot ? { honeypot: true } : {};
  const { url, campaign, message } = link;
  const item = { url, campaign, message, method, identifierId, ...honeypot };
  const receivedAt = now.toISOString();
  const touch: Touch = {
    identifierId,
    touchId: touchIdOf({
      source: trackedLinkSource,
      route: "c",
      scope: message ?? "",
      messageId: randomUUID(),
    }),
    hash16: hash16Of(item),
    channel: "email_click",
    direction: "inbound",
    occurredAt: receivedAt,
    receivedAt,
    source: trackedLinkSource,
    identifiers: {},
    campaign,
    asset: { id: message, url },
    client: { userAgent: event.headers["user-agent"]?.slice(0, 1024), ip: sourceIp },
    properties: { method, linkMadeAt: link.madeAt, ...honeypot },
  };
  await sendFacts(intake, [{ kind: "touch", touch, identifierIds: {} }]);
}
