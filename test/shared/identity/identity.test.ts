import { describe, expect, test } from "vitest";
import { contactsTouched, identify, ownsTouch, toRead } from "../../../shared/identity/identity.ts";
import { contactOf, type Hand, idOf, namesOf, readFor, type Seen, world } from "./world.ts";

const [ada, adaHome, eve] = ["email:ada@example.com", "email:ada@home.example", "email:eve@example.com"];
const emails = (count: number) => Array.from({ length: count }, (_, n) => `email:p${n}@example.com`);
const hour = (n: number) => `2026-11-${String(1 + n).padStart(2, "0")}T10`;

interface Case {
  story: string;
  seen: Seen[];
  hands?: Hand[];
  /** Every contact, each as its strong identifiers. */
  contacts: string[][];
  /** Reasons of the links that the first contact's first identifier has refused. */
  refused?: string[];
}

const cases: Case[] = [
  {
    story: "an address and a CRM record seen together are one person",
    seen: [[ada, "crm:hubspot:1", hour(0)]],
    contacts: [[ada, "crm:hubspot:1"]],
  },
  {
    story: "two addresses over one account are one person",
    seen: [
      [ada, "user:7", hour(0)],
      [adaHome, "user:7", hour(1)],
    ],
    contacts: [[ada, adaHome, "user:7"]],
  },
  {
    story: "a second account of one's own product is another person; the first seen stays",
    seen: [
      [ada, "user:8", hour(1)],
      [ada, "user:7", hour(0)],
    ],
    contacts: [[ada, "user:7"], ["user:8"]],
    refused: ["limit_user"],
  },
  {
    story: "a sixth address would be one too many",
    seen: [
      ...emails(5).map((email, n): Seen => [email, "user:7", hour(n)]),
      ["email:p4@example.com", "email:p5@example.com", hour(9)],
    ],
    contacts: [[...emails(5), "user:7"], ["email:p5@example.com"]],
    refused: ["limit_email"],
  },
  {
    story: "an account seen with six addresses is nobody's",
    seen: emails(6).map((email, n): Seen => [email, "user:7", hour(n)]),
    contacts: [["user:7"], ...emails(6).map((email) => [email])],
    refused: Array(6).fill("too_many_links"),
  },
  {
    story: "an eleventh CRM record would be one too many",
    seen: [
      ...Array.from({ length: 10 }, (_, n): Seen => [ada, `crm:hubspot:${n + 1}`, hour(n)]),
      ["crm:hubspot:10", "crm:hubspot:11", hour(12)],
    ],
    contacts: [[ada, ...Array.from({ length: 10 }, (_, n) => `crm:hubspot:${n + 1}`)], ["crm:hubspot:11"]],
  },
  {
    story: "a role address joins nobody",
    seen: [
      ["email:info@example.com", "crm:hubspot:1", hour(0)],
      [ada, "crm:hubspot:1", hour(1)],
    ],
    contacts: [["email:info@example.com"], [ada, "crm:hubspot:1"]],
    refused: ["role_address"],
  },
  {
    story: "what systems send in place of nothing joins nobody",
    seen: [
      ["email:test@example.com", "user:7", hour(0)],
      ["crm:hubspot:undefined", "user:7", hour(0)],
    ],
    contacts: [["email:test@example.com"], ["crm:hubspot:undefined"], ["user:7"]],
    refused: ["sentinel"],
  },
  {
    story: "a browser joins nobody",
    seen: [
      [ada, "anonymous:b1", hour(0)],
      [eve, "anonymous:b1", hour(1)],
    ],
    contacts: [[ada], [eve]],
    refused: [],
  },
  {
    story: "a typo separated by hand",
    seen: [[ada, eve, hour(0)]],
    hands: [[ada, eve, "2026-11-20T10:00:00.000Z", "separated"]],
    contacts: [[ada], [eve]],
    refused: ["separated_by_hand"],
  },
  {
    story: "separated by hand, also over a third: the earlier link stays",
    seen: [
      [ada, "user:7", hour(0)],
      [eve, "user:7", hour(1)],
    ],
    hands: [[ada, eve, "2026-11-20T10:00:00.000Z", "separated"]],
    contacts: [[ada, "user:7"], [eve]],
    refused: ["separated_by_hand"],
  },
  {
    story: "separated and taken back",
    seen: [[ada, eve, hour(0)]],
    hands: [
      [ada, eve, "2026-11-21T10:00:00.000Z", "joined"],
      [ada, eve, "2026-11-20T10:00:00.000Z", "separated"],
    ],
    contacts: [[ada, eve]],
  },
  {
    story: "an address separated by hand no longer makes an account one of too many",
    seen: emails(6).map((email, n): Seen => [email, "user:7", hour(n)]),
    hands: [["email:p0@example.com", "user:7", "2026-11-20T10:00:00.000Z", "separated"]],
    contacts: [["email:p0@example.com"], ["user:7", ...emails(6).slice(1)]],
    refused: ["separated_by_hand"],
  },
];

describe("who is one person", () => {
  test.each(cases)("$story", ({ seen, hands, contacts, refused }) => {
    const all = world(seen, hands);
    for (const contact of contacts) {
      for (const name of contact) expect(namesOf(contactOf(all, name))).toEqual([...contact].sort());
    }
    if (refused)
      expect(contactOf(all, contacts[0]![0]!)?.refused.map(({ reason }) => reason)).toEqual(refused);
  });

  test("a separated link says who separated it and why", () => {
    const all = world([[ada, eve, hour(0)]], [[ada, eve, "2026-11-20T10:00:00.000Z", "separated"]]);
    expect(contactOf(all, ada)?.refused).toEqual([
      {
        ids: [idOf(ada), idOf(eve)].sort(),
        firstSeen: hour(0),
        lastSeen: hour(0),
        sources: ["crm"],
        reason: "separated_by_hand",
        other: { identifierId: idOf(eve), type: "email" },
        hand: { at: "2026-11-20T10:00:00.000Z", reason: "two people", who: "sales" },
      },
    ]);
  });

  test("nothing is known of an identifier that no partition has", () => {
    expect(contactOf(world([]), ada)).toBeUndefined();
  });

  test("what is unread is asked for, and nothing is said before", () => {
    const read = new Map([[idOf(ada), world([[ada, "user:7", hour(0)]]).get(idOf(ada))!]]);
    expect(toRead(read, idOf(ada))).toEqual([idOf("user:7")]);
    expect(() => identify(read, idOf(ada))).toThrow(RangeError);
  });

  test("a web too large to make sense of joins nobody, and is not read to its end", () => {
    const chain = emails(400)
      .slice(1)
      .map((email, n): Seen => [`email:p${n}@example.com`, email, hour(0)]);
    const all = world(chain);
    for (const name of ["email:p0@example.com", "email:p200@example.com", "email:p399@example.com"]) {
      expect(namesOf(contactOf(all, name))).toEqual([name]);
      expect(new Set(contactOf(all, name)?.refused.map(({ reason }) => reason))).toEqual(
        new Set(["too_many_links"]),
      );
      expect(readFor(all, idOf(name)).size).toBeLessThan(220);
    }
    expect(namesOf(contactOf(world(chain.slice(0, 4)), "email:p2@example.com"))).toHaveLength(5);
  });
});

describe("the name of a contact", () => {
  test.each<{ best: string; seen: Seen[] }>([
    { best: "crm:hubspot:1", seen: [[ada, "crm:hubspot:1", hour(0)]] },
    {
      best: "user:7",
      seen: [
        [ada, "crm:hubspot:1", hour(0)],
        [ada, "user:7", hour(3)],
      ],
    },
  ])("is that of $best", ({ seen, best }) => {
    expect(contactOf(world(seen), ada)?.contactId).toBe(idOf(best));
  });

  test("is of its addresses one of those seen first, whichever else is seen later", () => {
    const first: Seen = [eve, adaHome, hour(1)];
    const name = contactOf(world([first]), eve)?.contactId;
    const later = emails(3).map((email, n): Seen => [email, eve, hour(2 + n)]);
    expect(contactOf(world([first, ...later]), "email:p1@example.com")?.strong).toHaveLength(5);
    expect(contactOf(world([first, ...later]), "email:p1@example.com")?.contactId).toBe(name);
  });

  test("a browser that was seen with nobody is a contact of its own", () => {
    const all = world([], [], ["anonymous:b1"]);
    const identity = contactOf(all, "anonymous:b1");
    expect(identity?.contactId).toBe(idOf("anonymous:b1"));
    expect(ownsTouch(identity!, idOf("anonymous:b1"), "2026-11-03T10:00:00.000Z")).toBe(true);
  });
});

describe("a shared browser", () => {
  const device = "anonymous:b1";
  const all = world([
    [ada, device, "2026-11-02T10"],
    [eve, device, "2026-11-05T10"],
    [ada, device, "2026-11-09T10"],
  ]);
  test.each([
    { at: "2026-11-01T08:00:00.000Z", whose: ada, why: "before anybody" },
    { at: "2026-11-02T10:59:59.999Z", whose: ada, why: "in the hour itself" },
    { at: "2026-11-02T11:00:00.000Z", whose: eve, why: "the next to be seen" },
    { at: "2026-11-05T11:00:00.000Z", whose: ada, why: "seen again" },
    { at: "2026-11-20T08:00:00.000Z", whose: ada, why: "the last" },
  ])("a touch at $at is of $whose: $why", ({ at, whose }) => {
    for (const name of [ada, eve]) {
      expect(ownsTouch(contactOf(all, name)!, idOf(device), at)).toBe(name === whose);
    }
  });

  test("its id leads to the one last seen there", () => {
    expect(contactOf(all, device)).toEqual(contactOf(all, ada));
  });

  test("a person separated from it has no part in it", () => {
    const apart = world(
      [
        [ada, device, "2026-11-02T10"],
        [eve, device, "2026-11-05T10"],
      ],
      [[eve, device, "2026-11-06T10:00:00.000Z", "separated"]],
    );
    expect(contactOf(apart, eve)?.weak).toEqual([]);
    expect(ownsTouch(contactOf(apart, ada)!, idOf(device), "2026-11-05T09:00:00.000Z")).toBe(true);
  });

  test.each([20, 21])("with %i people", (count) => {
    const kiosk = world(emails(count).map((email, n): Seen => [email, device, hour(n)]));
    const identity = contactOf(kiosk, "email:p0@example.com");
    const owns = ownsTouch(identity!, idOf(device), "2026-11-01T10:30:00.000Z");
    expect(owns).toBe(count === 20);
    expect(identity?.refused.map(({ reason }) => reason)).toEqual(count === 20 ? [] : ["too_many_links"]);
    expect(contactOf(kiosk, device)?.strong.length).toBe(count === 20 ? 1 : 0);
  });

  test("a role address has no browser", () => {
    const role = world([
      ["email:info@example.com", device, "2026-11-02T10"],
      [ada, device, "2026-11-01T10"],
    ]);
    expect(ownsTouch(contactOf(role, ada)!, idOf(device), "2026-11-02T09:00:00.000Z")).toBe(true);
    expect(contactOf(role, "email:info@example.com")?.weak).toEqual([]);
  });
});

test("a link that takes another's place touches the contacts of the whole web", () => {
  const all = world([
    [ada, "user:7", hour(0)],
    [ada, "user:8", hour(1)],
    [eve, "user:8", hour(2)],
  ]);
  const touched = contactsTouched(readFor(all, idOf("user:7")), idOf("user:7"));
  expect(touched.map((id) => [...all.values()].find((one) => one.identifierId === id)?.value)).toHaveLength(
    2,
  );
  expect(touched).toEqual(contactsTouched(readFor(all, idOf(eve)), idOf(eve)));
});
