import type { SaidDeal } from "../request/deals.ts";
import { sha256Hex } from "../table/keys.ts";
import { identifierIds } from "../touchpoint/identifier.ts";
import type { PersonFactMessage } from "../touchpoint/message.ts";
import type { SeenIdentifier } from "../touchpoint/person-fact.ts";
import { type DealContact, type DealVersion, dealIdOf } from "./deal.ts";
import { type DealStages, statusOfStage } from "./deal-stage.ts";

/** What an acceptance of a deal knows beside what was said. */
export interface DealReception {
  /** The deployment's namespace for identifier ids. */
  namespace: string;
  /** Erased people's identifiers: nothing of them is kept. */
  suppressed: ReadonlySet<string>;
  stages: DealStages;
  /** ISO 8601 UTC with milliseconds. */
  receivedAt: string;
  /** The id of the key. */
  who: string;
}

/** A deal as it is to be kept, and whom it names: identifiers of one contact were seen together. */
export interface AcceptedDeal {
  version: DealVersion;
  people: PersonFactMessage[];
}

/** What names the sightings that deals are, where a source is named. */
export const dealSource = "deals";

/** A version of a deal of what was said of it: the same for every resend, but for when it came and who sent it. */
export function acceptDeal(said: SaidDeal, reception: DealReception): AcceptedDeal {
  const { namespace, suppressed, stages, receivedAt, who } = reception;
  const { contacts: named, ...fields } = said;
  const contacts = named.map(({ identifiers, role }) => ({
    seen: identifierIds(namespace, identifiers).map(
      ([type, id]): SeenIdentifier => ({ type, id, value: identifiers[type]! }),
    ),
    ...(role !== undefined && { role }),
  }));
  // Over ids, so that nothing that is kept is made of an address; and over all of them, so that an erasure makes no other version of it.
  const sent = [
    Object.entries(fields).sort(),
    contacts.map(({ seen, role }) => [seen.map(({ id }) => id), role]),
  ];
  const hash16 = sha256Hex(JSON.stringify(sent)).slice(0, 16);
  // As of a touch, all goes where the identifier under which it would stand is an erased person's: the others are that person's too.
  const kept = contacts
    .filter(({ seen: [first] }) => first !== undefined && !suppressed.has(first.id))
    .map(({ seen, ...contact }) => ({ ...contact, seen: seen.filter(({ id }) => !suppressed.has(id)) }));
  const version: DealVersion = {
    ...fields,
    dealId: dealIdOf(said.id),
    hash16,
    status: statusOfStage(said.stage, stages),
    contacts: kept.map(
      ({ seen, ...contact }): DealContact => ({ identifierIds: seen.map(({ id }) => id), ...contact }),
    ),
    receivedAt,
    who,
  };
  return { version, people: kept.map(({ seen }) => sighting(version, seen)) };
}

/** That these were said to be one person's. */
function sighting(
  { updatedAt, receivedAt, dealId, hash16 }: DealVersion,
  seen: SeenIdentifier[],
): PersonFactMessage {
  return {
    kind: "person",
    fact: {
      type: "link",
      identifierId: seen[0]!.id,
      factId: dealId,
      hash16,
      occurredAt: updatedAt,
      receivedAt,
      source: dealSource,
      identifiers: Object.fromEntries(seen.map(({ type, value }) => [type, value])),
    },
    seen,
  };
}
