import { compareText } from "../timeline/timeline.ts";
import { contactLimits, pairOf, type Refusal, type StrongType } from "./facts.ts";
import type { Neighbour, Reach, Web } from "./web.ts";

/** A link between two identifiers, by the hours (`2026-11-21T10`) in which it was first and last seen. */
export interface Link {
  /** In text order. */
  ids: [string, string];
  firstSeen: string;
  lastSeen: string;
  /** The ids of the sources that saw it. */
  sources: string[];
}

export const linkOf = (
  a: string,
  b: string,
  { hours, sources }: Pick<Neighbour, "hours" | "sources">,
): Link => {
  let [firstSeen = ""] = hours;
  let lastSeen = firstSeen;
  for (const hour of hours) {
    if (hour < firstSeen) firstSeen = hour;
    if (hour > lastSeen) lastSeen = hour;
  }
  return { ids: a < b ? [a, b] : [b, a], firstSeen, lastSeen, sources: [...sources].sort(compareText) };
};

/** In order of `firstSeen`, ties by id. */
export const compareLinks = (a: Link, b: Link): number =>
  compareText(a.firstSeen, b.firstSeen) || compareText(a.ids[0], b.ids[0]) || compareText(a.ids[1], b.ids[1]);

export interface Joined {
  /** The strong identifiers of each one's contact. */
  groups: Map<string, Set<string>>;
  applied: Link[];
  /** By pair. */
  refused: Map<string, Refusal>;
  /** The web has too many members for any link to be applied. */
  tooLarge: boolean;
}

/**
 * Applies the links of a web in order: each joins the two contacts of its ends unless the one that came of it would hold more
 * than a contact may, or a pair that a person separated. A link refused stays refused, because contacts only grow.
 */
export function join(web: Web, { members, tooLarge }: Reach): Joined {
  const groups = new Map(members.map((id) => [id, new Set([id])]));
  const applied: Link[] = [];
  const refused = new Map<string, Refusal>();
  for (const link of linksAmong(web, new Set(members))) {
    const [a, b] = link.ids;
    const [one, other] = [groups.get(a)!, groups.get(b)!];
    const refusal = one === other ? null : refusalOf(web, one, other);
    if (refusal) {
      refused.set(pairOf(a, b), refusal);
      continue;
    }
    applied.push(link);
    if (one === other) continue;
    for (const id of other) {
      one.add(id);
      groups.set(id, one);
    }
  }
  return { groups, applied, refused, tooLarge };
}

const linksAmong = (web: Web, members: ReadonlySet<string>): Link[] =>
  [...members]
    .flatMap((id) =>
      web
        .neighbours(id, "strong")
        .filter(({ identifierId }) => id < identifierId && members.has(identifierId))
        .map((neighbour) => linkOf(id, neighbour.identifierId, neighbour)),
    )
    .sort(compareLinks);

function refusalOf(web: Web, one: ReadonlySet<string>, other: ReadonlySet<string>): Refusal | null {
  for (const a of one) for (const b of other) if (web.separation(a, b)) return "separated_by_hand";
  const types = [...one, ...other].map((id) => web.facts(id)?.type);
  for (const type of Object.keys(contactLimits) as StrongType[]) {
    if (types.filter((each) => each === type).length > contactLimits[type]) return `limit_${type}`;
  }
  return null;
}
