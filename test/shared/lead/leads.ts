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

/** What `buildLead` takes for touches under a policy, as of the moment they qualified. */
export function inputOf(
  touches: readonly TimelineTouch[] = story,
  facts: Partial<LeadInput> = {},
  policy: Policy = defaultPolicy,
): LeadInput {
  const { qualifiedAt } = evaluate(touches, policy, "2026-11-30T00:00:00Z", somebody);
  return {
    leadId: "9f0c6a52-0000-5000-8000-000000000001.first",
    contactId: "9f0c6a52-0000-5000-8000-000000000001",
    cycle: "first",
    evaluation: evaluate(touches, policy, qualifiedAt ?? "2026-11-30T00:00:00Z", somebody),
    allTouches: touches,
    traits: { firstName: "Ada", lastName: "Lovelace", company: "Buyer", phone: "+49 30 1234567" },
    emails: ["ada@buyer.example", "ada@home.example"],
    account: "buyer.example",
    policyVersion: 3,
    owner: null,
    emailOptOut: false,
    evidenceUrl: "https://touchline.example/e/token",
    segments: ["dach", "enterprise"],
    required: { traits: [], segments: [] },
    surroundings: { deals: [], feedback: [], earlierLeads: [] },
    colleagues: [],
    ...facts,
  };
}

/** What `buildLead` makes of them. */
export const leadOf = (...given: Parameters<typeof inputOf>): LeadRecord => buildLead(inputOf(...given));

const reply = { reason: null, until: null, note: null, by: "Sam", applied: true };

/** What can stand around a lead, all of it. */
export const surrounded: Partial<LeadInput> = {
  required: { traits: ["company", "jobTitle"], segments: ["enterprise"] },
  surroundings: {
    feedback: [
      {
        ...reply,
        outcome: "contacted",
        occurredAt: "2026-11-12T16:00:00.000Z",
        by: "Kim",
        applied: false,
      },
      { ...reply, outcome: "contacted", occurredAt: "2026-11-13T09:00:00.000Z" },
      {
        ...reply,
        outcome: "recycled",
        occurredAt: "2026-11-14T09:00:00.000Z",
        reason: "no_budget",
        until: "2027-03-01T00:00:00.000Z",
        note: "Ask again in spring",
      },
    ],
    earlierLeads: [
      {
        leadId: "earlier.first",
        qualifiedAt: "2026-02-01T00:00:00.000Z",
        status: "rejected",
        reason: "timing",
      },
    ],
    deals: [
      {
        id: "006-1",
        stage: "Proposal",
        status: "open",
        amount: "12000.50",
        currency: "EUR",
        owner: "Lee",
        closedAt: null,
      },
    ],
  },
  colleagues: [
    {
      contactId: "c-1",
      name: "Grace Hopper",
      email: "grace@buyer.example",
      jobTitle: "Admiral",
      lastTouchAt: "2026-11-09T10:00:00.000Z",
      lead: "accepted",
    },
    {
      contactId: "c-2",
      name: null,
      email: "alan@buyer.example",
      jobTitle: null,
      lastTouchAt: "2026-11-08T10:00:00.000Z",
      lead: null,
    },
  ],
};
