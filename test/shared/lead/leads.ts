import { buildLead, type LeadInput, type LeadRecord } from "../../../shared/lead/lead.ts";
import { evaluate } from "../../../shared/policy/evaluate.ts";
import { defaultPolicy, type Policy } from "../../../shared/policy/policy.ts";
import type { TimelineTouch } from "../../../shared/timeline/timeline.ts";
import { aTouch, daily, somebody } from "../policy/touches.ts";

/** Eight touches in 41 days over three channels, the last a demo request. */
export const story: TimelineTouch[] = [
  ...daily(3, "2026-10-03", {
    campaign: { name: "Autumn Webinar", source: "linkedin", medium: "paid-social" },
  }),
  ...daily(2, "2026-10-10", {
    channel: "email_click",
    identifiers: {},
    asset: { id: "newsletter-41", name: "Newsletter" },
  }),
  ...daily(2, "2026-11-02", { channel: "check_in", asset: { id: "expo", name: "Data Expo" } }),
  aTouch("demo", "2026-11-12T15:00:00Z", {
    asset: { id: "demo-request" },
    campaign: { name: "Autumn Webinar" },
    properties: { message: "We need this by January." },
  }),
];

/** What `buildLead` makes of touches under a policy, as of the moment they qualified. */
export function leadOf(
  touches: readonly TimelineTouch[] = story,
  facts: Partial<LeadInput> = {},
  policy: Policy = defaultPolicy,
): LeadRecord {
  const { qualifiedAt } = evaluate(touches, policy, "2026-11-30T00:00:00Z", somebody);
  return buildLead({
    leadId: "9f0c6a52-0000-5000-8000-000000000001.first",
    contactId: "9f0c6a52-0000-5000-8000-000000000001",
    cycle: "first",
    evaluation: evaluate(touches, policy, qualifiedAt ?? "2026-11-30T00:00:00Z", somebody),
    allTouches: touches,
    traits: { firstName: "Ada", lastName: "Lovelace", company: "Buyer", phone: "+49 30 1234567" },
    emails: ["ada@buyer.example", "ada@home.example"],
    policyVersion: 3,
    emailOptOut: false,
    evidenceUrl: "https://touchline.example/e/token",
    segments: ["dach", "enterprise"],
    ...facts,
  });
}
