import type { FormConsent } from "../request/form-consent.ts";
import type { Refusal } from "../request/refusal.ts";
import type { PersonFactInput } from "./person-fact.ts";
import type { TouchpointInput } from "./touch.ts";

/**
 * What an adapter makes of one item of a sender. Each item is one finding, so that it ends in exactly one place: as facts, as
 * something known and not wanted (an open), in quarantine, or behind the queue where a look-up completes it.
 */
export type Finding =
  | { item: unknown; facts: readonly FactInput[] }
  | { item: unknown; refusal: Refusal }
  | { item: unknown; lookUp: true }
  | { ignored: string };

/**
 * A fact before it is accepted; with a form, the consents that stand in it. `scope` is the form's or event's id and part of its identity beside its own id; empty where
 * the sender's ids need none.
 */
export type FactInput =
  | { touch: TouchpointInput; scope?: string; consents?: readonly FormConsent[] }
  | { person: PersonFactInput; scope?: string };

/** A finding of an item that cannot be used. */
export const unusable = (item: unknown, code: string, field: string, detail: string): Finding => ({
  item,
  refusal: { code, field, detail },
});
