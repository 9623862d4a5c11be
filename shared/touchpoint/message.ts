import type { PersonFact, SeenIdentifier } from "./person-fact.ts";
import type { Touch } from "./touch.ts";

/**
 * What travels through the queue: facts ready to be written, with what became of them so far. Readers understand
 * every version there ever was; `kind` leaves room for facts that are no touches.
 */
export interface FactsMessage {
  v: 1;
  facts: Fact[];
}

export type Fact = TouchFact | PersonFactMessage | QuarantineFact | TallyFact;

/** A touch, and the ids of all identifiers it names (none for a click on a tracked link, which knows only whose it is). */
export interface TouchFact {
  kind: "touch";
  touch: Touch;
  identifierIds: Record<string, string>;
}

/** A fact about a person that is no touch, and all identifiers it names, the one whose partition it stands in first. */
export interface PersonFactMessage {
  kind: "person";
  fact: PersonFact;
  seen: SeenIdentifier[];
}

/** What was received and cannot be used, whole. */
export interface QuarantineFact {
  kind: "quarantine";
  id: string;
  source: string;
  /** Where it came in, in the words that replay understands: `forms/contact`, `webhooks/sendgrid`, `segment`, `process`. */
  route: string;
  /** A code: `honeypot`, `missing_identifier`, `unknown_event`, … */
  reason: string;
  /** The field that is wrong, where it is one, and what is wrong with it. */
  field?: string;
  detail?: string;
  receivedAt: string;
  contentType: string;
  /** The headers that the item cannot be read without. */
  headers?: Record<string, string>;
  /** The bytes as they came, base64. */
  raw: string;
}

/**
 * What a request had that became no fact: items refused, which their sender saw, and items that are known and not wanted. For
 * the source's own figures.
 */
export interface TallyFact {
  kind: "tally";
  source: string;
  /** ISO 8601 UTC. */
  at: string;
  rejected: number;
  ignored: number;
  /** The code of the last refusal. */
  reason?: string;
}

/** A message that no reader understands. Carries no content: it may hold personal data. */
export class UnreadableMessage extends Error {
  constructor(reason: string) {
    super(`unreadable message: ${reason}`);
    this.name = "UnreadableMessage";
  }
}

/** SQS takes 1 MiB per message and per batch; a quarter of it keeps a Lambda batch of many messages under 6 MB. */
export const maximumMessageBytes = 256 * 1024;

/** Packs facts into as few messages as fit, in order. */
export function encodeMessages(facts: readonly Fact[], limit = maximumMessageBytes): string[] {
  const messages: string[] = [];
  let batch: string[] = [];
  let bytes = 0;
  const close = () => {
    if (batch.length > 0) messages.push(`{"v":1,"facts":[${batch.join(",")}]}`);
    batch = [];
    bytes = 20;
  };
  close();
  for (const fact of facts) {
    const text = JSON.stringify(fact);
    const size = Buffer.byteLength(text) + 1;
    if (bytes + size > limit) close();
    batch.push(text);
    bytes += size;
  }
  close();
  return messages;
}

const uuid = /^[0-9a-f-]{36}$/;

/** Reads a message of any version. Throws UnreadableMessage. */
export function decodeMessage(body: string): FactsMessage {
  let message: Partial<FactsMessage> | null;
  try {
    message = JSON.parse(body);
  } catch {
    throw new UnreadableMessage("not JSON");
  }
  if (message?.v !== 1) throw new UnreadableMessage("unknown version");
  if (!Array.isArray(message.facts)) throw new UnreadableMessage("no facts");
  for (const fact of message.facts) {
    const kind: string | undefined = fact?.kind;
    if (kind === "quarantine" || kind === "tally") continue;
    if (kind !== "touch" && kind !== "person") throw new UnreadableMessage("unknown kind of fact");
    if (!(kind === "touch" ? isWholeTouch(fact as TouchFact) : isWholePersonFact(fact as PersonFactMessage)))
      throw new UnreadableMessage(`an incomplete ${kind}`);
  }
  return message as FactsMessage;
}

const isWholeTouch = ({ touch, identifierIds }: TouchFact): boolean =>
  uuid.test(touch?.identifierId ?? "") &&
  uuid.test(touch.touchId ?? "") &&
  /^[0-9a-f]{16}$/.test(touch.hash16 ?? "") &&
  !Number.isNaN(Date.parse(touch.occurredAt)) &&
  typeof touch.channel === "string" &&
  typeof touch.identifiers === "object" &&
  touch.identifiers !== null &&
  typeof identifierIds === "object" &&
  identifierIds !== null;

const isWholePersonFact = ({ fact, seen }: PersonFactMessage): boolean =>
  uuid.test(fact?.identifierId ?? "") &&
  uuid.test(fact.factId ?? "") &&
  typeof fact.type === "string" &&
  !Number.isNaN(Date.parse(fact.occurredAt)) &&
  Array.isArray(seen) &&
  seen.every(({ id, type, value }) => uuid.test(id) && typeof type === "string" && typeof value === "string");
