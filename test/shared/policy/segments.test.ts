import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePolicy } from "../../../shared/policy/policy.ts";
import { segmentsOf, segmentsOfContact } from "../../../shared/policy/segmentation.ts";
import type { SegmentRule } from "../../../shared/policy/segments.ts";
import type { Traits } from "../../../shared/touchpoint/touch.ts";
import { aPolicy } from "./touches.ts";

const facts = (traits: Traits, domain?: string) => ({ traits, domain });
const holds = (rule: SegmentRule, traits: Traits, domain?: string): boolean =>
  segmentsOf(aPolicy({ segments: { it: rule } }).segments, facts(traits, domain)).length === 1;

describe("a segment", () => {
  test.each<[string, SegmentRule, Traits, boolean]>([
    ["text that equals", { country: "DE" }, { country: "DE" }, true],
    ["another text", { country: "DE" }, { country: "AT" }, false],
    ["nothing known", { country: "DE" }, {}, false],
    ["case and space", { company: " straße ag" }, { company: "STRASSE AG " }, true],
    ["accents written in two ways", { company: "Cafe\u0301" }, { company: "CAF\u00c9" }, true],
    ["Greek ends of words", { company: { $startsWith: "οδοσ" } }, { company: "ΟΔΟΣ" }, true],
    ["one of", { country: { $in: ["de", "at"] } }, { country: "AT" }, true],
    ["none of", { country: { $nin: ["de", "at"] } }, { country: "AT" }, false],
    ["none of, nothing known", { country: { $nin: ["de", "at"] } }, {}, true],
    ["not equal", { country: { $ne: "DE" } }, { country: "de" }, false],
    ["contains", { jobTitle: { $contains: "marketing" } }, { jobTitle: "Head of Marketing, EMEA" }, true],
    ["contains no pattern", { jobTitle: { $contains: "m.r" } }, { jobTitle: "Marketing" }, false],
    ["begins", { jobTitle: { $startsWith: "vp" } }, { jobTitle: "VP Sales" }, true],
    ["does not begin", { jobTitle: { $startsWith: "vp" } }, { jobTitle: "EVP Sales" }, false],
    ["not", { jobTitle: { $not: { $contains: "intern" } } }, { jobTitle: "Intern" }, false],
    ["not, nothing known", { jobTitle: { $not: { $contains: "intern" } } }, {}, true],
    ["known", { phone: { $exists: true } }, { phone: "+49 1" }, true],
    ["known, but empty", { phone: { $exists: true } }, { phone: "" }, false],
    ["unknown", { phone: { $exists: false } }, {}, true],
    ["between", { lastName: { $gte: "a", $lt: "n" } }, { lastName: "Miller" }, true],
    ["beyond", { lastName: { $gte: "a", $lt: "n" } }, { lastName: "Novak" }, false],
    ["greater and at most", { lastName: { $gt: "a", $lte: "novak" } }, { lastName: "NOVAK" }, true],
    ["all conditions", { country: "DE", jobTitle: "CTO" }, { country: "DE" }, false],
    ["and", { $and: [{ country: "DE" }, { jobTitle: "CTO" }] }, { country: "DE", jobTitle: "cto" }, true],
    ["or", { $or: [{ country: "DE" }, { jobTitle: "CTO" }] }, { jobTitle: "CTO" }, true],
    ["neither", { $nor: [{ country: "DE" }, { jobTitle: "CTO" }] }, { jobTitle: "CTO" }, false],
  ])("%s", (_, rule, traits, expected) => {
    expect(holds(rule, traits)).toBe(expected);
  });

  test("knows the company's domain from the addresses, and of freemail none", () => {
    const { segments } = aPolicy({
      segments: {
        rivals: { domain: { $in: [" Rival.example"] } },
        "key-accounts": { domain: { $in: ["buyer.example", "other.example"] } },
        private: { domain: { $exists: false } },
      },
    });
    const of = (...emails: string[]) => segmentsOfContact(segments, { traits: {}, emails });
    expect(of("pat@gmail.com", "ada@eu.buyer.example")).toEqual(["key-accounts"]);
    expect(of("ada@buyer.example", "ada@rival.example")).toEqual(["key-accounts"]);
    expect(of("eve@rival.example")).toEqual(["rivals"]);
    expect(of("pat@gmail.com")).toEqual(["private"]);
  });

  test("is told among others in sorted order", () => {
    const { segments } = aPolicy({
      segments: {
        b: { country: "DE" },
        "a.1": { country: "DE" },
        c: { country: "FR" },
        B: { country: "de" },
      },
    });
    expect(segmentsOf(segments, facts({ country: "DE" }))).toEqual(["B", "a.1", "b"]);
    expect(segmentsOf({}, facts({ country: "DE" }))).toEqual([]);
  });
});

describe("a rule", () => {
  const deep = (levels: number): unknown => (levels === 0 ? { country: "DE" } : { $or: [deep(levels - 1)] });
  const operations =
    "is not one of $eq, $ne, $gt, $gte, $lt, $lte, $contains, $startsWith, $in, $nin, $exists, $not";

  test.each<[unknown, string, string]>([
    ["DE", "", "must be of type object"],
    [[], "", "must be of type object"],
    [{}, "", "must be a rule: an object of conditions"],
    [
      { contry: "DE" },
      "contry",
      "is not one of the fields firstName, lastName, company, jobTitle, phone, country, domain",
    ],
    [{ $where: "true" }, "$where", "is not one of $and, $or, $nor"],
    [{ country: { $where: "true" } }, "country.$where", operations],
    [{ country: { $regex: "^D" } }, "country.$regex", operations],
    [{ country: { toString: "x" } }, "country.toString", operations],
    [{ country: { $in: "DE" } }, "country.$in", "must be a list of one text or more"],
    [{ country: { $in: [] } }, "country.$in", "must be a list of one text or more"],
    [{ country: { $in: ["DE", 4] } }, "country.$in.1", "must be text"],
    [{ country: { $in: Array(1001).fill("DE") } }, "country.$in", "must have at most 1000 entries"],
    [{ country: 49 }, "country", "must be text or an object of operations"],
    [{ country: null }, "country", "must be text or an object of operations"],
    [{ country: {} }, "country", "must be text or an object of operations"],
    [{ country: " " }, "country", "must not be empty; $exists asks whether something is known"],
    [{ country: { $contains: "x".repeat(301) } }, "country.$contains", "must have at most 300 characters"],
    [{ country: { $exists: "yes" } }, "country.$exists", "must be true or false"],
    [{ country: { $not: "DE" } }, "country.$not", "must be text or an object of operations"],
    [{ $or: { country: "DE" } }, "$or", "must be a list of one rule or more"],
    [{ $and: [] }, "$and", "must be a list of one rule or more"],
    [
      { $or: [{ country: "DE" }, { land: "DE" }] },
      "$or.1.land",
      expect.stringContaining("is not one of the fields") as unknown as string,
    ],
    [deep(5), "$or.0.$or.0.$or.0.$or.0.$or.0", "must not lie deeper than 5 levels"],
    [{ $or: Array(201).fill({ country: "DE" }) }, "$or", "must have at most 200 rules"],
    [{ $or: Array(101).fill({ country: "DE", phone: "1" }) }, "", "must have at most 200 conditions"],
    [
      { domain: { $in: ["www.acme.example"] } },
      "domain.$in.0",
      "must be a company's whole domain: acme.example",
    ],
    [{ domain: "bücher.example" }, "domain", "must be a company's whole domain: xn--bcher-kva.example"],
    [{ domain: "acme" }, "domain", "must be a domain such as acme.example"],
  ])("%j is refused at %s: %s", (rule, field, detail) => {
    expect(parsePolicy({ segments: { it: rule } })).toEqual({
      issues: [{ field: field ? `segments.it.${field}` : "segments.it", detail }],
    });
  });

  test.each([[""], ["-x"], ["a b"], ["=cmd"], ["a;b"], ["a,b"], ["x".repeat(61)]])(
    "is not named %j",
    (name) => {
      expect(parsePolicy({ segments: { [name]: { country: "DE" } } })).toMatchObject({
        issues: [{ field: `segments.${name}`, detail: expect.stringContaining("must be named by") }],
      });
    },
  );

  test("lies up to five levels deep", () => {
    expect(holds(deep(4) as SegmentRule, { country: "DE" })).toBe(true);
  });

  test("stands among fifty at most, of 100,000 bytes together", () => {
    const rules = (count: number, rule: unknown) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, rule]));
    expect(parsePolicy({ segments: rules(50, { country: "DE" }) })).toHaveProperty("policy");
    expect(parsePolicy({ segments: rules(51, { country: "DE" }) })).toEqual({
      issues: [{ field: "segments", detail: "must have at most 50 segments" }],
    });
    expect(
      parsePolicy({ segments: rules(2, { country: { $in: Array(600).fill("x".repeat(100)) } }) }),
    ).toEqual({
      issues: [{ field: "segments", detail: "must have at most 100000 bytes as JSON" }],
    });
  });
});

describe("laws of segments", () => {
  const text = fc.constantFrom("de", "DE ", "at", "Head of Marketing", "marketing", "straße", "x");
  const field = fc.constantFrom("country", "jobTitle", "company");
  const operator = fc.oneof(
    fc.tuple(fc.constantFrom("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$contains", "$startsWith"), text),
    fc.tuple(fc.constantFrom("$in", "$nin"), fc.array(text, { minLength: 1, maxLength: 3 })),
    fc.tuple(fc.constant("$exists"), fc.boolean()),
  );
  const operations = fc
    .array(operator, { minLength: 1, maxLength: 3 })
    .map((list) => Object.fromEntries(list));
  const condition = fc.oneof(
    text,
    operations,
    operations.map(($not) => ({ $not })),
  );
  const plain = fc.dictionary(field, condition, { minKeys: 1, maxKeys: 3, noNullPrototype: true });
  const rule = fc.oneof(
    plain,
    fc
      .tuple(fc.constantFrom("$and", "$or", "$nor"), fc.array(plain, { minLength: 1, maxLength: 3 }))
      .map(([name, rules]) => ({ [name]: rules })),
  ) as fc.Arbitrary<SegmentRule>;
  const traits = fc.record({ country: text, jobTitle: text, company: text }, { requiredKeys: [] });

  /** What a rule means, said as plainly as can be. */
  const fold = (value: string) => value.trim().toLowerCase().replaceAll("ß", "ss");
  function means(asked: SegmentRule, about: Traits): boolean {
    return Object.entries(asked).every(([name, value]) => {
      if (name.startsWith("$")) {
        const each = (value as SegmentRule[]).map((one) => means(one, about));
        return name === "$and" ? each.every(Boolean) : each.some(Boolean) === (name === "$or");
      }
      return fits(typeof value === "string" ? { $eq: value } : value, about[name as keyof Traits]);
    });
  }
  function fits(asked: unknown, value: string | undefined): boolean {
    return Object.entries(asked as Record<string, unknown>).every(([name, operand]) => {
      if (name === "$not") return !fits(operand, value);
      if (name === "$exists") return (value !== undefined) === operand;
      const known = value === undefined ? undefined : fold(value);
      const one = typeof operand === "string" ? fold(operand) : "";
      const list = Array.isArray(operand) ? operand.map((entry: string) => fold(entry)) : [one];
      if (name === "$ne" || name === "$nin") return known === undefined || !list.includes(known);
      if (known === undefined) return false;
      if (name === "$gt") return known > one;
      if (name === "$gte") return known >= one;
      if (name === "$lt") return known < one;
      if (name === "$lte") return known <= one;
      if (name === "$contains") return known.includes(one);
      if (name === "$startsWith") return known.startsWith(one);
      return list.includes(known);
    });
  }

  test("a rule holds exactly where it says", () => {
    fc.assert(
      fc.property(rule, traits, (asked, about) => {
        expect(holds(asked, about)).toBe(means(asked, about));
      }),
      { numRuns: 1000 },
    );
  });

  test("whatever is put in place of a rule is a rule or refused, and never run", () => {
    const key = fc.constantFrom(
      "country",
      "domain",
      "$or",
      "$where",
      "$in",
      "$not",
      "$regex",
      "__proto__",
      "length",
    );
    const { any } = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom("DE", "throw new Error()", "", 4, null, true),
        fc.array(tie("any"), { maxLength: 3 }),
        fc.dictionary(key, tie("any"), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(any, traits, (put, about) => {
        const result = parsePolicy({ segments: { it: put } });
        if ("policy" in result) {
          expect(segmentsOf(result.policy.segments, facts(about))).toEqual(expect.any(Array));
          // What was read can be put back.
          expect(parsePolicy(JSON.parse(JSON.stringify(result.policy)))).toEqual(result);
        } else expect(result.issues.length).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });
});
