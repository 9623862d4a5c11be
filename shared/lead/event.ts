import { parse as parseUuid, v5 as uuidV5 } from "uuid";

/** What others can be told of. */
export const eventTypes = [
  "lead.created",
  "lead.answered",
  "lead.overdue",
  "export.completed",
  "source.silent",
] as const;
export type EventType = (typeof eventTypes)[number];

/**
 * That something happened which others may want to hear of. It carries ids only: what they are told is read when it is sent, so that
 * nobody's data waits in a queue.
 */
export interface OutgoingEvent {
  v: 1;
  /** UUID of what happened: the same however often it is announced, so that a receiver can tell a repetition. */
  id: string;
  type: EventType;
  /** When it happened, ISO 8601 UTC. */
  at: string;
  leadId?: string;
  /** The number of a run. */
  run?: number;
  /** The id of a source. */
  source?: string;
  /** Since when the source is silent: when it was last heard, or was made; ISO 8601 UTC. */
  since?: string;
  /** The feedbackId of an answer. */
  feedbackId?: string;
}

/** The namespace of the ids of events: fixed for ever. */
const eventNamespace = parseUuid("0d9a4bd4-86a1-4f0b-8a56-3b9d0f6c7e21");
const eventId = (...parts: string[]): string => uuidV5(JSON.stringify(parts), eventNamespace);

/** A contact became a lead: announced when it is found between two nights, and when it is exported; twice it is one event. */
export const leadCreated = (leadId: string, at: string): OutgoingEvent => ({
  v: 1,
  id: eventId("lead.created", leadId),
  type: "lead.created",
  at,
  leadId,
});

/** Sales answered. */
export const leadAnswered = (leadId: string, feedbackId: string, at: string): OutgoingEvent => ({
  v: 1,
  id: eventId("lead.answered", leadId, feedbackId),
  type: "lead.answered",
  at,
  leadId,
  feedbackId,
});

/** Nobody answered within the service level. */
export const leadOverdue = (leadId: string, at: string): OutgoingEvent => ({
  v: 1,
  id: eventId("lead.overdue", leadId),
  type: "lead.overdue",
  at,
  leadId,
});

/** A run's files are there. */
export const exportCompleted = (run: number, at: string): OutgoingEvent => ({
  v: 1,
  id: eventId("export.completed", String(run)),
  type: "export.completed",
  at,
  run,
});

/** A source is silent for longer than it ever should be. @param since when it was last heard, or was made */
export const sourceSilent = (source: string, since: string, at: string): OutgoingEvent => ({
  v: 1,
  id: eventId("source.silent", source, since),
  type: "source.silent",
  at,
  source,
  since,
});
