import type { PersonFact } from "../touchpoint/person-fact.ts";
import { type Traits, traitsSchema } from "../touchpoint/touch.ts";
import { publicTouchId } from "../touchpoint/touch-id.ts";
import { compareText, type TimelineTouch } from "./timeline.ts";

const traitNames = Object.keys(traitsSchema.shape) as (keyof Traits)[];

/** A trait, and who said it when. */
export interface ProfileField {
  value: string;
  /** The id of the source that said it. */
  source: string;
  /** ISO 8601 UTC. */
  occurredAt: string;
  /** The public id of the touch that carried it; absent where it was said without one. */
  touch?: string;
}

/** What is known of a person, field by field. */
export type Profile = Partial<Record<keyof Traits, ProfileField>>;

/** Something that told traits: a touch, or what was said without one. */
export interface Statement {
  traits: Traits | undefined;
  source: string;
  occurredAt: string;
  id: string;
  hash16: string;
  touch?: string;
}

/**
 * Whether a touch tells who the person is. Not where it contradicts another under its id, nor where a machine filled something in.
 * A machine's click does: what it carries is what the sender of the e-mail knew of its recipient. So does a cancelled meeting.
 */
const tells = ({ conflict, exclusion, channel }: TimelineTouch): boolean =>
  !conflict && !(exclusion === "machine" && channel !== "email_click");

/** What was said of a person, by the time it happened; of two at one instant that of the greater id is the later. */
export function statementsOf(
  touches: readonly TimelineTouch[],
  facts: readonly PersonFact[] = [],
): Statement[] {
  const said: Statement[] = [];
  for (const touch of touches) {
    const { traits, source, occurredAt, touchId, hash16, identifierId } = touch;
    if (traits && tells(touch))
      said.push({
        traits,
        source,
        occurredAt,
        id: touchId,
        hash16,
        touch: publicTouchId(identifierId, touchId),
      });
  }
  for (const fact of facts) {
    if (fact.type !== "traits") continue;
    const { traits, source, occurredAt, factId, hash16 } = fact;
    said.push({ traits, source, occurredAt, id: factId, hash16 });
  }
  return said.sort(
    (a, b) =>
      compareText(a.occurredAt, b.occurredAt) || compareText(a.id, b.id) || compareText(a.hash16, b.hash16),
  );
}

/**
 * The profile of a person: of each field the latest value that is not empty. It depends on the set of what was said only.
 */
export function foldProfile(touches: readonly TimelineTouch[], facts: readonly PersonFact[] = []): Profile {
  const profile: Profile = {};
  for (const { traits, source, occurredAt, touch } of statementsOf(touches, facts)) {
    for (const name of traitNames) {
      const value = traits?.[name];
      if (value?.trim()) profile[name] = { value, source, occurredAt, ...(touch ? { touch } : {}) };
    }
  }
  return profile;
}

/** The values of a profile alone. */
export function traitsOf(profile: Profile): Traits {
  const traits: Traits = {};
  for (const name of traitNames) {
    const field = profile[name];
    if (field) traits[name] = field.value;
  }
  return traits;
}
