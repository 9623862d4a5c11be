import { compareText } from "../timeline/timeline.ts";
import type { IdentifierType } from "../touchpoint/identifier.ts";
import { type Claim, claimantAt, claimsOn } from "./device.ts";
import { type HandFact, isStrong, pairOf, type ReadFacts, type Refusal } from "./facts.ts";
import { compareLinks, type Joined, join, type Link, linkOf } from "./join.ts";
import { Web } from "./web.ts";

export interface Member {
  identifierId: string;
  type: IdentifierType;
  value: string;
}

/** A weak identifier, and who it was seen with in which hour; of nobody where `claims` is empty. */
export interface Device extends Member {
  claims: Claim[];
  /** Its links with the contact: they join nobody, but tell whose its touches are. */
  links: Link[];
}

export interface RefusedLink extends Link {
  reason: Refusal;
  /** What the contact's identifier was seen with. */
  other: Pick<Member, "identifierId" | "type">;
  /** Where a person separated these very two. */
  hand?: Pick<HandFact, "at" | "reason" | "who">;
}

/** Who one person is: the identifiers that belong together, and why those and no others. */
export interface Identity {
  /** The id of the best identifier: `user`, `crm`, the earliest `email`, `anonymous`. */
  contactId: string;
  /** Best first. */
  strong: Member[];
  weak: Device[];
  applied: Link[];
  /** Links with one end or both in the contact that joined nothing. */
  refused: RefusedLink[];
}

/**
 * The partitions that have to be read next to know whose an identifier is; none when it is known. Read them, add them (null
 * for one that holds nothing), and ask again. In which order, and how many at once, changes nothing.
 *
 * What has to be read is the whole web of strong identifiers that links reach, over those that may join anybody, also where
 * a link will be refused: a link between others can be what fills the contact. Then its devices, and whom those were seen with.
 */
export const toRead = (read: ReadFacts, start: string): string[] => unreadOf(new Web(read), start);

function unreadOf(web: Web, start: string): string[] {
  const facts = web.facts(start);
  if (!facts) return facts === null ? [] : [start];
  if (facts.erased) return [];
  if (isStrong(facts.type)) return toReadOfStrong(web, start);
  const people = peopleToRead(web, start);
  if (people.length > 0) return people;
  const claimant = claimantAt(claimsOn(web, start));
  return claimant === undefined || web.facts(claimant)?.erased ? [] : toReadOfStrong(web, claimant);
}

function toReadOfStrong(web: Web, start: string): string[] {
  if (web.refusal(start)) return [];
  const { unread } = web.reach(start);
  if (unread.length > 0) return unread;
  const { group } = contactAround(web, start);
  const devices = devicesOf(web, group);
  const unknown = devices.filter((id) => web.facts(id) === undefined);
  return unknown.length > 0 ? unknown : [...new Set(devices.flatMap((id) => peopleToRead(web, id)))];
}

/** The strong neighbours of a device that are not read yet. */
const peopleToRead = (web: Web, device: string): string[] =>
  web.refusal(device)
    ? []
    : web
        .neighbours(device, "strong")
        .map(({ identifierId }) => identifierId)
        .filter((id) => web.facts(id) === undefined);

/**
 * The contact that an identifier belongs to. It depends on the set of facts only, and is the same from each of the
 * contact's strong identifiers. A weak one leads to the person it was last seen with, and is a contact of its own where it
 * is nobody's.
 * @param read as far as `toRead` asks
 * @returns undefined where nothing is known of the identifier, and where it leads to a person who was erased
 * @throws {RangeError} where `toRead` still asks for more
 */
export function identify(read: ReadFacts, start: string): Identity | undefined {
  const facts = read.get(start);
  if (facts === null || facts?.erased) return undefined;
  const web = new Web(read);
  if (unreadOf(web, start).length > 0) throw new RangeError("partitions that bear on the contact are unread");
  if (isStrong(memberOf(web, start).type)) return identityOf(web, start);
  const claimant = claimantAt(claimsOn(web, start));
  if (claimant !== undefined) return web.facts(claimant)?.erased ? undefined : identityOf(web, claimant);
  const weak = [{ ...memberOf(web, start), claims: [], links: [] }];
  const refused = refusedLinks(web, new Set([start]), undefined);
  return { contactId: start, strong: [], weak, applied: [], refused };
}

function identityOf(web: Web, start: string): Identity {
  const { group, joined } = contactAround(web, start);
  const applied = joined?.applied.filter(({ ids }) => group.has(ids[0])) ?? [];
  const strong = bestFirst(
    [...group].map((id) => memberOf(web, id)),
    applied,
  );
  const weak = devicesOf(web, group)
    .filter((id) => web.facts(id))
    .map((id) => deviceOf(web, id, group))
    .filter(({ links }) => links.length > 0)
    .sort((a, b) => compareText(a.identifierId, b.identifierId));
  const refused = refusedLinks(web, group, joined);
  return { contactId: strong[0]!.identifierId, strong, weak, applied, refused };
}

function deviceOf(web: Web, id: string, group: ReadonlySet<string>): Device {
  const claims = claimsOn(web, id);
  const own = new Set(
    claims.map(({ identifierId }) => identifierId).filter((claimant) => group.has(claimant)),
  );
  const links = web
    .neighbours(id, "strong")
    .filter(({ identifierId }) => own.has(identifierId))
    .map((neighbour) => linkOf(id, neighbour.identifierId, neighbour))
    .sort(compareLinks);
  return { ...memberOf(web, id), claims, links };
}

/** Whether a touch that stands in the partition of one of a contact's identifiers is this contact's. */
export function ownsTouch(identity: Identity, identifierId: string, occurredAt: string): boolean {
  const isMember = (id: string | undefined) => identity.strong.some((one) => one.identifierId === id);
  const device = identity.weak.find((one) => one.identifierId === identifierId);
  if (!device) return isMember(identifierId);
  const claimant = claimantAt(device.claims, occurredAt);
  return claimant === undefined ? identity.contactId === identifierId : isMember(claimant);
}

/**
 * An identifier of each contact that new facts about one may have changed, the start's own among them: every contact of its web, because a
 * link can take a place that another link had; of a device all it was seen with. Resolve each with `identify`.
 * @param read as far as `toRead` asks
 */
export function contactsTouched(read: ReadFacts, start: string): string[] {
  const facts = read.get(start);
  if (!facts || facts.erased) return [];
  const web = new Web(read);
  const reach = isStrong(facts.type) && !web.refusal(start) ? web.reach(start) : undefined;
  if (reach && !reach.tooLarge) {
    const groups = new Set(join(web, reach).groups.values());
    return [...groups].map((group) => [...group].sort(compareText)[0]!).sort(compareText);
  }
  const seen = web
    .seenWith(start)
    .filter(({ type, identifierId }) => isStrong(type) && !web.facts(identifierId)?.erased);
  return [start, ...seen.map(({ identifierId }) => identifierId)].sort(compareText);
}

function contactAround(web: Web, start: string): { group: Set<string>; joined?: Joined } {
  if (web.refusal(start)) return { group: new Set([start]) };
  const joined = join(web, web.reach(start));
  return { group: joined.groups.get(start) ?? new Set([start]), joined };
}

/** The weak identifiers that those of a contact were seen with, where they may have any. */
const devicesOf = (web: Web, group: ReadonlySet<string>): string[] => [
  ...new Set(
    [...group]
      .filter((id) => !web.deviceRefusal(id))
      .flatMap((id) => web.neighbours(id, "weak").map(({ identifierId }) => identifierId)),
  ),
];

function memberOf(web: Web, id: string): Member {
  const { identifierId, type, value } = web.facts(id)!;
  return { identifierId, type, value };
}

const rank: Record<IdentifierType, number> = { user: 0, crm: 1, email: 2, anonymous: 3 };

/** By type, then by the first applied link: a refused one must not give a contact another name. Ties by id. */
function bestFirst(members: Member[], applied: readonly Link[]): Member[] {
  const firstSeen = new Map<string, string>();
  for (const link of applied)
    for (const id of link.ids) if (!firstSeen.has(id)) firstSeen.set(id, link.firstSeen);
  return members.sort(
    (a, b) =>
      rank[a.type] - rank[b.type] ||
      compareText(firstSeen.get(a.identifierId) ?? "", firstSeen.get(b.identifierId) ?? "") ||
      compareText(a.identifierId, b.identifierId),
  );
}

function refusedLinks(web: Web, group: ReadonlySet<string>, joined: Joined | undefined): RefusedLink[] {
  const refused = new Map<string, RefusedLink>();
  for (const id of group) {
    for (const neighbour of web.seenWith(id)) {
      const other = neighbour.identifierId;
      const reason = linkRefusal(web, id, other, neighbour.type, joined);
      // That two were seen together says something of the erased one too.
      if (!reason || web.facts(other)?.erased) continue;
      const separation = web.separation(id, other);
      const hand = separation && { at: separation.at, reason: separation.reason, who: separation.who };
      refused.set(pairOf(id, other), {
        ...linkOf(id, other, neighbour),
        reason,
        other: { identifierId: other, type: neighbour.type },
        ...(hand && { hand }),
      });
    }
  }
  return [...refused.values()].sort(compareLinks);
}

/** Why a link that was seen joins nothing; null where it does. */
function linkRefusal(
  web: Web,
  id: string,
  other: string,
  otherType: IdentifierType,
  joined: Joined | undefined,
): Refusal | null {
  const { type } = memberOf(web, id);
  if (!isStrong(type) && !isStrong(otherType)) return "weak";
  if (web.separation(id, other)) return "separated_by_hand";
  if (!isStrong(type)) return web.refusal(id) ?? web.deviceRefusal(other);
  if (!isStrong(otherType)) return web.deviceRefusal(id) ?? web.refusal(other);
  const refusal = web.refusal(id) ?? web.refusal(other) ?? joined?.refused.get(pairOf(id, other)) ?? null;
  return refusal ?? (joined?.tooLarge ? "too_many_links" : null);
}
