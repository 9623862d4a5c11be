import { parse as parseUuid, v5 as uuidV5 } from "uuid";
import { compareText } from "../timeline/timeline.ts";

/** What sales says of a lead. */
export const outcomes = ["contacted", "accepted", "rejected", "recycled"] as const;
export type Outcome = (typeof outcomes)[number];

/** One answer of sales to one lead: immutable, its identity derived from the sender's id. Times are ISO 8601 UTC with milliseconds. */
export interface Feedback {
  leadId: string;
  /** UUID of the lead and the sender's id: the same for every resend. */
  feedbackId: string;
  /** 16 hex of the SHA-256 of what was sent; tells a resend from another answer under the same id. */
  hash16: string;
  /** The sender's own id. */
  id: string;
  outcome: Outcome;
  /** Of a rejection, a word of the policy's list. */
  reason?: string;
  /** Of a recycling: from when on the contact may be a lead again. */
  until?: string;
  /** In sales' own words. */
  note?: string;
  occurredAt: string;
  /** Where its sender tells only the day: when that began. `occurredAt` is its end then, or the arrival. */
  since?: string;
  receivedAt: string;
  /** Whoever answered at sales, as they are called there: from then on the owner. */
  by?: string;
  /** The id of the key with which it was sent. */
  who: string;
  /** Said on purpose that the lead goes back: from a decision to `contacted`, from `accepted` to something less. */
  moveBack?: true;
}

/** The namespace of the ids of answers: fixed for ever. */
const feedbackNamespace = parseUuid("b1f5c0a2-3d51-4c0e-8f1b-6a7f0c1d2e33");

/** The id of an answer: its sender's own id may be used for another lead again. */
export const feedbackIdOf = (leadId: string, id: string): string =>
  uuidV5(JSON.stringify([leadId, id]), feedbackNamespace);

/** How far a lead has come; the same number is another decision of the same weight. */
const rank: Record<Outcome, number> = { contacted: 1, rejected: 2, recycled: 2, accepted: 3 };

/** Whether an answer would take a lead back that has come as far as another says. */
export const movesBack = (from: Outcome, to: Outcome): boolean => rank[to] < rank[from];

const compareFeedback = (a: Feedback, b: Feedback): number =>
  compareText(a.occurredAt, b.occurredAt) ||
  compareText(a.feedbackId, b.feedbackId) ||
  compareText(a.hash16, b.hash16) ||
  compareText(a.receivedAt, b.receivedAt);

/** An answer, and whether it moved the lead: one that would take it back without saying so, or that contradicts another, did not. */
export interface JudgedFeedback extends Feedback {
  applied: boolean;
  /** Under its sender's id something else was said, which stands. */
  conflict: boolean;
}

/** What sales has said of a lead, all of it taken together. */
export interface Answer {
  /** What holds now; null where nobody has answered. */
  current: Feedback | null;
  /** The first answer of all. */
  first: Feedback | null;
  /** Every answer, oldest first. */
  history: JudgedFeedback[];
}

/**
 * The answers to a lead, in the order in which they happened, whatever the order in which they came. Of several under one id the
 * smallest by time and hash stands; the others are shown and do nothing. It depends on the set only.
 */
export function foldFeedback(all: readonly Feedback[]): Answer {
  const standing = new Map<string, Feedback>();
  const distinct = new Map<string, Feedback>();
  for (const feedback of all) {
    const same = `${feedback.feedbackId}#${feedback.hash16}`;
    const other = distinct.get(same);
    if (!other || compareFeedback(feedback, other) < 0) distinct.set(same, feedback);
  }
  for (const feedback of distinct.values()) {
    const other = standing.get(feedback.feedbackId);
    if (!other || compareFeedback(feedback, other) < 0) standing.set(feedback.feedbackId, feedback);
  }
  let current: Feedback | null = null;
  let first: Feedback | null = null;
  const history = [...distinct.values()].sort(compareFeedback).map((feedback): JudgedFeedback => {
    const stands = standing.get(feedback.feedbackId) === feedback;
    if (stands) first ??= feedback;
    const before: Feedback | null = current;
    const applied =
      stands &&
      (before === null || feedback.moveBack === true || !movesBack(before.outcome, feedback.outcome));
    if (applied) current = feedback;
    return { ...feedback, applied, conflict: !stands };
  });
  return { current, first, history };
}

/**
 * What an answer would be beside those that are there: `known` where it is one of them, `conflict` where something else stands under
 * its id, `moves_back` where it is the latest and takes the lead back without saying that this is meant; else `news`. What happened
 * before the answer that holds is history, and never moves anything back.
 */
export type Reception = "known" | "conflict" | "moves_back" | "news";

export function receptionOf(before: readonly Feedback[], feedback: Feedback): Reception {
  const isSame = (other: Feedback): boolean =>
    other.feedbackId === feedback.feedbackId && other.hash16 === feedback.hash16;
  if (before.some(isSame)) return "known";
  const { history } = foldFeedback([...before, feedback]);
  const place = history.findIndex(isSame);
  const { applied, conflict } = history[place]!;
  if (conflict) return "conflict";
  return applied || history.slice(place + 1).some((later) => later.applied) ? "news" : "moves_back";
}
