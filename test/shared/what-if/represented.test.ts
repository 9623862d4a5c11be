import { describe, expect, test } from "vitest";
import type { IdentifierFacts } from "../../../shared/identity/facts.ts";
import { identify } from "../../../shared/identity/identity.ts";
import { representativeOf } from "../../../shared/what-if/represented.ts";

const now = "2026-03-01T00:00:00.000Z";
const types = { crm: "crm", user: "user", email: "email", other: "email", browser: "anonymous" } as const;
type Name = keyof typeof types;

/** Who was seen with whom, in which hour. */
function readOf(names: readonly Name[], seen: readonly [Name, Name, hour: string][]) {
  const facts = names.map((name): [string, IdentifierFacts] => {
    const links = seen
      .filter((pair) => pair.slice(0, 2).includes(name))
      .map(([a, b, hour]) => {
        const other = a === name ? b : a;
        return { other, type: types[other], hour, source: "crm" };
      });
    return [name, { identifierId: name, type: types[name], value: `${name}-1`, links, hands: [] }];
  });
  return new Map(facts);
}

/** By which identifier the person is counted, read from each of them. */
function counted(
  names: readonly Name[],
  seen: readonly [Name, Name, hour: string][],
): (string | undefined)[] {
  const read = readOf(names, seen);
  return names.map((name) => representativeOf(identify(read, name)!, read, now));
}

const lately = "2026-02-01T10";
/** Before any marker that is still there. */
const longAgo = "2013-02-01T10";

describe("a person is counted by one identifier, whichever is read", () => {
  test.each<[what: string, names: Name[], seen: [Name, Name, string][], by: string | undefined]>([
    ["their only one", ["email"], [], "email"],
    [
      "their address, where touches stand, and not the better id",
      ["user", "crm", "email"],
      [
        ["user", "email", lately],
        ["crm", "email", lately],
      ],
      "email",
    ],
    ["the best id, where there is no address", ["crm", "user"], [["crm", "user", lately]], "user"],
    ["the address that was first known", ["email", "other"], [["email", "other", lately]], "email"],
    [
      "the address whose marker is still there",
      ["email", "crm", "other"],
      [
        ["email", "crm", longAgo],
        ["crm", "other", lately],
      ],
      "other",
    ],
    ["the contact's own id, where all was long ago", ["email", "crm"], [["email", "crm", longAgo]], "crm"],
    ["their address, and by no browser", ["browser", "email"], [["browser", "email", lately]], "email"],
    ["none, where nobody is known by a browser", ["browser"], [], undefined],
  ])("by %s", (_, names, seen, by) => {
    expect(new Set(counted(names, seen))).toEqual(new Set([by]));
  });
});
