import { evaluate } from "../policy/evaluate.ts";
import { type FirstQualified, firstQualified } from "../policy/first-qualified.ts";
import type { Policy } from "../policy/policy.ts";
import { type Contact, foldContact, type Person } from "../timeline/contact.ts";
import { answerOf } from "./cycle.ts";
import { type Hold, holdsOf } from "./hold.ts";
import { dateText, plural, touchText } from "./wording.ts";

/** A recount of all history under a version of the policy, beside the one in force when it began. Frozen then; it changes nothing else. */
export interface WhatIf {
  v: 1;
  version: number;
  /** Of the recounts under this version, counted from 1. */
  number: number;
  /** The version that was in force. */
  against: number;
  /** The `now` of every evaluation; ISO 8601. */
  startedAt: string;
  completedAt?: string;
}

/** After this a recount that has not completed is reported as failed, and the next one that is asked for begins anew; milliseconds. */
const failedAfter = 6 * 60 * 60 * 1000;

export function whatIfState(
  { completedAt, startedAt }: WhatIf,
  now: Date,
): "running" | "completed" | "failed" {
  if (completedAt !== undefined) return "completed";
  return now.getTime() - Date.parse(startedAt) > failedAfter ? "failed" : "running";
}

/** Leads under the draft and not under the policy in force, the other way round, and under both. */
export const whatIfSets = ["gained", "lost", "both"] as const;
export type WhatIfSet = (typeof whatIfSets)[number];

/** What a recount judges by. */
export interface WhatIfPolicies {
  now: string;
  draft: { version: number; policy: Policy };
  inForce: { version: number; policy: Policy };
}

/** Whether somebody would have been a lead under one of the policies. */
interface Verdict {
  contact: Contact;
  version: number;
  policy: Policy;
  /** When it would first have met it, whether it was held or not. */
  met: FirstQualified | undefined;
  /** What the policy requires and nobody knows. */
  holds: Hold[];
  isLead: boolean;
}

/** A contact under both policies, and what came of it as far as that is known. */
export interface WhatIfContact {
  contactId: string;
  /** Whether there were touches by then; of some nothing is known but a trait, or that an e-mail came back. */
  isKnown: boolean;
  draft: Verdict;
  inForce: Verdict;
  /** What sales said of the contact's leads; null where it decided nothing. */
  accepted: boolean | null;
  /** What became of the contact's deals; null where none has ended. */
  won: boolean | null;
}

const foldsAlike = (one: Policy, other: Policy): boolean =>
  JSON.stringify([one.machineClicks, one.segments]) === JSON.stringify([other.machineClicks, other.segments]);

/** Judges a person under both policies, over all their history, with what is known of them now. */
export function judgeWhatIf(person: Person, { now, draft, inForce }: WhatIfPolicies): WhatIfContact {
  const underDraft = foldContact(person, draft.policy);
  const underInForce = foldsAlike(draft.policy, inForce.policy)
    ? underDraft
    : foldContact(person, inForce.policy);
  return {
    contactId: person.identity.contactId,
    isKnown: underDraft.touches.some(({ occurredAt }) => occurredAt <= now),
    draft: verdictOf(underDraft, draft, now),
    inForce: verdictOf(underInForce, inForce, now),
    accepted: acceptedOf(person, underDraft),
    won: wonOf(underDraft),
  };
}

const atOnce = { opensAt: null, after: null } as const;

function verdictOf(contact: Contact, { version, policy }: WhatIfPolicies["draft"], now: string): Verdict {
  const met = firstQualified(contact.touches, policy, now, contact.person);
  // Deals of today say nothing of the day on which it would have been a lead.
  const exclude = { ...policy.exclude, customers: false, openDeals: false };
  const holds = met ? holdsOf(contact, atOnce, { require: policy.require, exclude }, now) : [];
  return { contact, version, policy, met, holds, isLead: met !== undefined && holds.length === 0 };
}

function acceptedOf(person: Person, { ledger }: Contact): boolean | null {
  const cycles = new Set(ledger.map(({ cycle }) => cycle));
  const outcomes = [...cycles].map((cycle) => answerOf(person, cycle).current?.outcome);
  if (outcomes.includes("accepted")) return true;
  return outcomes.includes("rejected") ? false : null;
}

function wonOf({ deals }: Contact): boolean | null {
  if (deals.some(({ status }) => status === "won")) return true;
  return deals.some(({ status }) => status === "lost") ? false : null;
}

/** The set a contact is in; undefined where it would be a lead under neither policy. */
export function setOf({ draft, inForce }: WhatIfContact): WhatIfSet | undefined {
  if (draft.isLead) return inForce.isLead ? "both" : "gained";
  return inForce.isLead ? "lost" : undefined;
}

/** The verdict that a set is told by: the draft's, but for those it would lose. */
export const tellingOf = ({ draft, inForce }: WhatIfContact, set: WhatIfSet): Verdict =>
  set === "lost" ? inForce : draft;

/**
 * Why a contact is in its set, in one sentence for people:
 * `Under version 3 a lead on 12 Nov 2026: 6 touches within 180 days, the last a form of campaign “Spring”; under version 2 never.`
 */
export function whatIfSentence(contact: WhatIfContact, set: WhatIfSet): string {
  const telling = tellingOf(contact, set);
  const other = set === "lost" ? contact.draft : contact.inForce;
  return `Under version ${telling.version} a lead ${leadText(telling)}; under version ${other.version} ${otherText(other)}.`;
}

function leadText({ contact, policy, met }: Verdict): string {
  if (!met) return "never";
  const { touch, fastTrack } = met;
  const when = `on ${dateText(touch.occurredAt, policy.timeZone)}`;
  if (fastTrack !== null) return `${when}, at once by “${fastTrack}”: ${touchText(touch)}`;
  const { count } = evaluate(contact.touches, policy, touch.occurredAt, contact.person);
  const within = `within ${plural(policy.windowDays, "day")}`;
  return `${when}: ${plural(count, "touch", "touches")} ${within}, the last ${touchText(touch)}`;
}

function otherText({ policy, met, holds, isLead }: Verdict): string {
  if (!met) return "never";
  const when = dateText(met.touch.occurredAt, policy.timeZone);
  if (isLead) return `on ${when}`;
  const missing = holds.map(
    ({ code, name }) => `${code === "segment_missing" ? "segment" : "trait"} ${name}`,
  );
  return `held since ${when}: it lacks ${missing.join(", ")}`;
}
