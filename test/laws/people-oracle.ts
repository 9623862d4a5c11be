import type { Item } from "../../shared/store/table.ts";
import { personPartition } from "../../shared/table/keys.ts";
import { unpackTouch } from "../../shared/table/touch-item.ts";
import type { TimelineTouch } from "../../shared/timeline/timeline.ts";
import type { TouchVerdict } from "../../shared/timeline/verdict.ts";
import { isRoleAddress, isSentinel } from "../../shared/touchpoint/identifier.ts";
import type { Fact } from "../../shared/touchpoint/message.ts";
import type { Touch } from "../../shared/touchpoint/touch.ts";
import { oracleFold } from "../shared/policy/oracle.ts";

/*
 * Who is one person, written a second time from the words alone, as slowly and plainly as possible: it looks at everything that is
 * known of everybody, and shares no reading, no web and no fold with the product.
 */

/** All that is known, of whomever. */
export interface KnownFacts {
  /** `email:ada@example.com` by identifierId. */
  names: Map<string, string>;
  seen: { ids: string[]; hour: string }[];
  hands: { ids: string[]; at: string; id: string; act: "separated" | "joined" }[];
  touches: Touch[];
  cancellations: { identifierId: string; touchId: string; occurredAt: string }[];
  /** With the partition that each stands in. */
  verdicts: (TouchVerdict & { identifierId: string })[];
}

export const nothingKnown = (): KnownFacts => ({
  names: new Map(),
  seen: [],
  hands: [],
  touches: [],
  cancellations: [],
  verdicts: [],
});

/** Adds what was sent. */
export function learn(known: KnownFacts, facts: readonly Fact[]): void {
  for (const fact of facts) {
    if (fact.kind !== "touch" && fact.kind !== "person") continue;
    const { occurredAt } = fact.kind === "touch" ? fact.touch : fact.fact;
    const seen =
      fact.kind === "touch"
        ? Object.entries(fact.identifierIds).map(([type, id]) => {
            return { type, id, value: fact.touch.identifiers[type as "email"] ?? "" };
          })
        : fact.seen;
    for (const { id, type, value } of seen) known.names.set(id, `${type}:${value}`);
    const ids = seen.map(({ id }) => id);
    for (const a of ids)
      for (const b of ids) if (a < b) known.seen.push({ ids: [a, b], hour: occurredAt.slice(0, 13) });
    if (fact.kind === "touch") known.touches.push(fact.touch);
    else if (fact.fact.type === "cancellation") known.cancellations.push(fact.fact);
  }
}

/** All that a table holds. */
export function knownFrom(items: readonly Item[]): KnownFacts {
  const known = nothingKnown();
  for (const { pk, sk, body = "{}" } of items) {
    if (!pk.startsWith(personPartition(""))) continue;
    const id = pk.slice(personPartition("").length);
    const [kind, first = "", second = "", third = ""] = sk.split("#");
    const said = JSON.parse(String(body)) as Record<string, string>;
    if (kind === "at") {
      const touch = unpackTouch(id, sk, String(body));
      known.touches.push(touch);
      // Where a touch stands is the first identifier that it has.
      const type = (["email", "crm", "user", "anonymous"] as const).find((one) => touch.identifiers[one]);
      if (type) known.names.set(id, `${type}:${touch.identifiers[type]}`);
    } else if (kind === "identifier") known.names.set(id, `${said.type}:${said.value}`);
    else if (kind === "link") known.seen.push({ ids: [id, first].sort(), hour: second });
    else if (kind === "hand")
      known.hands.push({ ids: [id, first], at: second, id: third, act: said.act as "joined" });
    else if (kind === "verdict")
      known.verdicts.push({ ...(said as unknown as TouchVerdict), identifierId: id });
    else if (kind === "cancel")
      known.cancellations.push({
        identifierId: id,
        touchId: said.touchId ?? "",
        occurredAt: said.occurredAt ?? "",
      });
  }
  return known;
}

const most = { user: 1, crm: 10, email: 5 };
const ranks = ["user", "crm", "email", "anonymous"];

/** Everybody there is. */
export class People {
  readonly #known: KnownFacts;
  readonly #groups = new Map<string, string[]>();
  /** Of each identifier in a contact, the hour in which it was first joined to another. */
  readonly #joinedAt = new Map<string, string>();
  readonly #othersOf = new Map<string, string[]>();

  constructor(known: KnownFacts) {
    this.#known = known;
    for (const id of known.names.keys()) if (this.#isStrong(id)) this.#groups.set(id, [id]);
    const links = new Map<string, { a: string; b: string; hour: string }>();
    for (const { ids, hour } of known.seen) {
      const [a, b] = [...ids].sort() as [string, string];
      const key = `${a} ${b}`;
      const isEarlier = hour < (links.get(key)?.hour ?? "9999");
      if (this.#isStrong(a) && this.#isStrong(b) && a !== b && isEarlier) links.set(key, { a, b, hour });
    }
    const inOrder = [...links.values()].sort((x, y) =>
      `${x.hour} ${x.a} ${x.b}` < `${y.hour} ${y.a} ${y.b}` ? -1 : 1,
    );
    for (const { a, b, hour } of inOrder) this.#join(a, b, hour);
  }

  #join(a: string, b: string, hour: string): void {
    if (this.#isNobodys(a) || this.#isNobodys(b) || this.#areSeparated(a, b)) return;
    const together = [...new Set([...this.#groups.get(a)!, ...this.#groups.get(b)!])];
    const isTooMuch = Object.entries(most).some(
      ([type, limit]) => together.filter((id) => this.#typeOf(id) === type).length > limit,
    );
    if (isTooMuch || together.some((x) => together.some((y) => this.#areSeparated(x, y)))) return;
    for (const id of together) this.#groups.set(id, together);
    for (const id of [a, b]) if (!this.#joinedAt.has(id)) this.#joinedAt.set(id, hour);
  }

  #typeOf = (id: string): string => (this.#known.names.get(id) ?? "anonymous:").split(":", 1)[0]!;
  #isStrong = (id: string): boolean => this.#typeOf(id) !== "anonymous";

  #areSeparated(a: string, b: string): boolean {
    const words = this.#known.hands.filter(({ ids }) => ids.includes(a) && ids.includes(b) && a !== b);
    const last = words.sort((x, y) => (`${x.at} ${x.id}` < `${y.at} ${y.id}` ? -1 : 1)).at(-1);
    return last?.act === "separated";
  }

  /** The strong identifiers that one was seen with and not separated from. */
  #others(id: string): string[] {
    const known = this.#othersOf.get(id) ?? this.#findOthers(id);
    this.#othersOf.set(id, known);
    return known;
  }

  #findOthers(id: string): string[] {
    const others = this.#known.seen.filter(({ ids }) => ids.includes(id)).flatMap(({ ids }) => ids);
    return [...new Set(others)].filter(
      (other) => other !== id && this.#isStrong(other) && !this.#areSeparated(id, other),
    );
  }

  #isNobodys(id: string): boolean {
    const name = this.#known.names.get(id) ?? "";
    const [type = "", value = ""] = [this.#typeOf(id), name.slice(name.indexOf(":") + 1)];
    const others = this.#others(id);
    if (type === "anonymous") return others.length > 20 || isSentinel(value);
    const said = type === "email" ? value.split("@")[0]! : value.slice(value.indexOf(":") + 1);
    if (isSentinel(value) || isSentinel(said) || (type === "email" && isRoleAddress(value))) return true;
    const withSelf = [...others, id];
    const count = (wanted: string) => withSelf.filter((other) => this.#typeOf(other) === wanted).length;
    return count("email") > most.email || count("crm") > most.crm || others.length > 15;
  }

  /** The strong identifiers of the contact of one of them, sorted. */
  groupOf(id: string): string[] {
    return [...(this.#groups.get(id) ?? [])].sort();
  }

  /** Every contact that has a strong identifier. */
  contacts(): string[] {
    return [...new Set([...this.#groups.keys()].map((id) => this.contactOf(id)))];
  }

  /** The contact that an identifier leads to. */
  contactOf(id: string): string {
    const group = this.#isStrong(id) ? this.#groups.get(id)! : undefined;
    if (!group) {
      const last = this.#claimant(id, "9999-12-31T23");
      return last === undefined ? id : this.contactOf(last);
    }
    const order = (one: string) =>
      `${ranks.indexOf(this.#typeOf(one))} ${this.#joinedAt.get(one) ?? ""} ${one}`;
    return [...group].sort((x, y) => (order(x) < order(y) ? -1 : 1))[0]!;
  }

  /** Whose a fact in a partition is. */
  ownerOf({ identifierId, occurredAt }: { identifierId: string; occurredAt: string }): string {
    if (this.#isStrong(identifierId)) return this.contactOf(identifierId);
    const claimant = this.#claimant(identifierId, occurredAt.slice(0, 13));
    return claimant === undefined ? identifierId : this.contactOf(claimant);
  }

  /** The one first seen on a browser in an hour or after it, else the last before it; of several the smallest id. */
  #claimant(device: string, hour: string): string | undefined {
    if (this.#isNobodys(device)) return undefined;
    const sightings = this.#known.seen
      .filter(({ ids }) => ids.includes(device))
      .map((sighting) => ({ ...sighting, id: sighting.ids.find((id) => id !== device)! }))
      .filter(({ id }) => this.#others(device).includes(id) && !this.#isNobodys(id))
      .sort((x, y) => (`${x.hour} ${x.id}` < `${y.hour} ${y.id}` ? -1 : 1));
    const after = sightings.find((sighting) => sighting.hour >= hour);
    const last = sightings.find((sighting) => sighting.hour === sightings.at(-1)!.hour);
    return (after ?? last)?.id;
  }

  /** The addresses of a contact, sorted. */
  emailsOf(contactId: string): string[] {
    return this.groupOf(contactId)
      .map((id) => this.#known.names.get(id)!)
      .filter((name) => name.startsWith("email:"))
      .map((name) => name.slice("email:".length))
      .sort();
  }

  /** What a contact did, oldest first; what was taken back, and what a verdict calls a machine's, is marked. */
  timelineOf(contactId: string): TimelineTouch[] {
    const isTheirs = (fact: { identifierId: string; occurredAt: string }) => this.ownerOf(fact) === contactId;
    const cancelled = this.#known.cancellations.filter(isTheirs).map(({ touchId }) => touchId);
    return oracleFold(this.#known.touches.filter(isTheirs)).map((touch): TimelineTouch => {
      if (cancelled.includes(touch.touchId)) return { ...touch, exclusion: "cancelled" };
      const isMachines = !touch.conflict && this.#isMachines(touch.touchId, contactId);
      return isMachines ? { ...touch, exclusion: "machine" } : touch;
    });
  }

  #isMachines(touchId: string, contactId: string): boolean {
    const order = ({ by, at, id }: TouchVerdict) => `${by === "person" ? 1 : 0} ${at} ${id}`;
    const verdicts = this.#known.verdicts.filter(
      (verdict) => verdict.touchId === touchId && this.#hasPartOf(contactId, verdict.identifierId),
    );
    return verdicts.sort((x, y) => (order(x) < order(y) ? -1 : 1)).at(-1)?.verdict === "machine";
  }

  /** Whether an identifier is a contact's own, or a browser that it was seen with. */
  #hasPartOf(contactId: string, id: string): boolean {
    if (this.#isStrong(id)) return this.contactOf(id) === contactId;
    const owners = this.#isNobodys(id) ? [] : this.#others(id).filter((other) => !this.#isNobodys(other));
    return owners.length === 0
      ? id === contactId
      : owners.some((other) => this.contactOf(other) === contactId);
  }
}
