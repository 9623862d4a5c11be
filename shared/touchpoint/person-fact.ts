import * as z from "zod/mini";
import { campaignSchema, type Identifiers, identifiersSchema, type Traits, traitsSchema } from "./touch.ts";

const text = (maximum: number) => z.string().check(z.maxLength(maximum));

/** What every fact that is no touch has. */
const whoAndWhen = {
  /** The sender's own id of it, so that a resend is the same fact. */
  id: z.optional(text(500)),
  occurredAt: z.optional(text(40)),
  identifiers: identifiersSchema,
};

/** Which e-mail a fact is about. */
const ofMessage = {
  /** The message's id in the sender's words. */
  message: z.optional(text(500)),
  campaign: z.optional(campaignSchema),
  /** The sender's reason, as it says it: never an address. */
  detail: z.optional(text(1000)),
};

/** What became of an e-mail. A complaint is also an opt-out; a bounce is not. */
const deliverySchema = z.strictObject({
  ...whoAndWhen,
  ...ofMessage,
  type: z.literal("delivery"),
  status: z.enum(["delivered", "bounced", "complained"]),
});

/** What a person allowed or no longer allows. An unsubscribe withdraws the purpose `email`. */
const consentSchema = z.strictObject({
  ...whoAndWhen,
  ...ofMessage,
  type: z.literal("consent"),
  purpose: text(100),
  status: z.enum(["granted", "withdrawn"]),
  /** The legal basis, in the sender's words: `consent`, `legitimate_interest`, `Art. 6(1)(a) GDPR`. */
  basis: z.optional(text(100)),
  /** What the person read beside the checkbox. */
  wording: z.optional(text(4000)),
});

/** What is said of a person without a touch: an `identify`. */
const traitsFactSchema = z.strictObject({
  ...whoAndWhen,
  type: z.literal("traits"),
  traits: traitsSchema,
});

/** A touch is taken back: a meeting cancelled or moved, a check-in undone. */
const cancellationSchema = z.strictObject({
  ...whoAndWhen,
  type: z.literal("cancellation"),
  /** The id under which the same source sent the touch, over the same route and with the same scope. */
  of: text(500),
  detail: z.optional(text(1000)),
});

/** Identifiers seen together, and nothing else: an `alias`. */
const linkSchema = z.strictObject({
  ...whoAndWhen,
  type: z.literal("link"),
  /** Further identifiers of the same person, which may be of the same types. */
  also: z.optional(identifiersSchema),
});

/** A fact about a person that is no touch, as an adapter makes it. */
export const personFactSchema = z.discriminatedUnion("type", [
  deliverySchema,
  consentSchema,
  traitsFactSchema,
  cancellationSchema,
  linkSchema,
]);
export type PersonFactInput = z.infer<typeof personFactSchema>;

/** An identifier that a fact names, normalised, and its identifierId. */
export interface SeenIdentifier {
  type: keyof Identifiers;
  value: string;
  id: string;
}

/** What every stored fact that is no touch has. Times are ISO 8601 UTC with milliseconds. */
interface Stored {
  /** The partition it stands in: the identifierId of its first identifier. */
  identifierId: string;
  /** UUID, the same for every resend. */
  factId: string;
  /** 16 hex of the SHA-256 of the sender's item, as a touch has it. */
  hash16: string;
  occurredAt: string;
  /** What the sender said, where its clock was ahead of ours by more than five minutes. */
  claimedAt?: string;
  receivedAt: string;
  /** The id of the source that sent it. */
  source: string;
  /** Normalised values. */
  identifiers: Identifiers;
}

type OfMessage = { message?: string; campaign?: z.infer<typeof campaignSchema>; detail?: string };

export type DeliveryFact = Stored &
  OfMessage & { type: "delivery"; status: "delivered" | "bounced" | "complained" };
export type ConsentFact = Stored &
  OfMessage & {
    type: "consent";
    purpose: string;
    status: "granted" | "withdrawn";
    basis?: string;
    wording?: string;
  };
export type TraitsFact = Stored & { type: "traits"; traits: Traits };
export type CancellationFact = Stored & {
  type: "cancellation";
  /** The touch that is taken back. */
  touchId: string;
  detail?: string;
};
export type LinkFact = Stored & { type: "link" };

/** A fact about a person that is no touch: immutable, its identity derived from what was sent. */
export type PersonFact = DeliveryFact | ConsentFact | TraitsFact | CancellationFact | LinkFact;
