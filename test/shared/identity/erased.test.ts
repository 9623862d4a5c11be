import { describe, expect, test } from "vitest";
import type { IdentifierFacts } from "../../../shared/identity/facts.ts";
import { contactsTouched, identify, ownsTouch } from "../../../shared/identity/identity.ts";
import type { IdentifierType } from "../../../shared/touchpoint/identifier.ts";
import { contactOf, idOf, namesOf, readFor, type Seen, world } from "./world.ts";

const [pat, sam, kiosk] = ["email:pat@example.com", "email:sam@example.com", "anonymous:b1"];
const at = (hour: number) => `2026-11-21T${String(hour).padStart(2, "0")}`;

/** The same after people were erased: of theirs only what says so is left, and the links that stand with others. */
function erase(
  all: ReadonlyMap<string, IdentifierFacts>,
  names: readonly string[],
  claims = true,
): Map<string, IdentifierFacts> {
  const left = new Map(all);
  for (const name of names) {
    const type = name.slice(0, name.indexOf(":")) as IdentifierType;
    const identifierId = idOf(name);
    left.set(identifierId, { identifierId, type, value: "", links: [], hands: [], erased: { type, claims } });
  }
  return left;
}

describe("an erased person", () => {
  const seen: Seen[] = [
    [kiosk, pat, at(9)],
    [kiosk, sam, at(15)],
  ];

  test("is found by nobody, from any identifier", () => {
    const left = erase(world([[pat, "user:7", at(9)], ...seen]), [pat, "user:7"]);
    for (const name of [pat, "user:7"]) {
      expect(contactOf(left, name)).toBeUndefined();
      expect(contactsTouched(readFor(left, idOf(name)), idOf(name))).toEqual([]);
    }
    expect(contactsTouched(readFor(left, idOf(kiosk)), idOf(kiosk))).not.toContain(idOf(pat));
  });

  test("keeps what was theirs on a shared browser from others", () => {
    const before = world(seen);
    const left = erase(before, [pat]);
    for (const all of [before, left]) {
      const identity = contactOf(all, sam)!;
      const owned = (hour: number) => ownsTouch(identity, idOf(kiosk), `${at(hour)}:30:00.000Z`);
      expect([8, 9, 10, 15, 20].map(owned)).toEqual([false, false, true, true, true]);
    }
  });

  test("claims no browser that it could not claim before", () => {
    const identity = contactOf(erase(world(seen), [pat], false), sam)!;
    expect(ownsTouch(identity, idOf(kiosk), `${at(8)}:30:00.000Z`)).toBe(true);
  });

  test("leaves a browser that leads to them without anybody", () => {
    const left = erase(world([...seen, [kiosk, pat, at(20)]]), [pat]);
    expect(identify(readFor(left, idOf(kiosk)), idOf(kiosk))).toBeUndefined();
  });

  test("changes nothing of who others are: an identifier seen with too many stays nobody's", () => {
    const crowd: Seen[] = Array.from(
      { length: 6 },
      (_, n): Seen => [`email:p${n}@example.com`, "user:7", at(n)],
    );
    const left = erase(world(crowd), ["email:p0@example.com"]);
    expect(namesOf(contactOf(left, "user:7"))).toEqual(["user:7"]);
    const reasons = contactOf(left, "user:7")?.refused.map(({ reason }) => reason);
    expect(new Set(reasons)).toEqual(new Set(["too_many_links"]));
  });
});
