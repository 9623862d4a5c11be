import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { completeName, isHonorific, splitName } from "../../../shared/request/person-name.ts";
import { anyText } from "./any-text.ts";

test.each([
  ["Pat Example", "Pat", "Example"],
  ["  Pat   Example ", "Pat", "Example"],
  ["Mary Jane Watson", "Mary Jane", "Watson"],
  ["Vincent van Gogh", "Vincent", "van Gogh"],
  ["Ludwig Mies van der Rohe", "Ludwig Mies", "van der Rohe"],
  ["Ursula von der Leyen", "Ursula", "von der Leyen"],
  ["Maria de la Cruz", "Maria", "de la Cruz"],
  ["Van Morrison", "Van", "Morrison"],
  ["Example, Pat", "Pat", "Example"],
  ["van Gogh, Vincent", "Vincent", "van Gogh"],
  ["Dr. Erika Mustermann", "Erika", "Mustermann"],
  ["Prof. Dr. Max von Laue", "Max", "von Laue"],
  ["Martin King Jr.", "Martin", "King Jr."],
  ["Pat Example, PhD", "Pat", "Example, PhD"],
  ["Jean-Luc Picard", "Jean-Luc", "Picard"],
  ["Madonna", "Madonna", undefined],
  ["山田太郎", "山田太郎", undefined],
])("%s", (name, firstName, lastName) => {
  expect(splitName(name)).toEqual(lastName === undefined ? { firstName } : { firstName, lastName });
});

describe("a field called only name", () => {
  test.each([
    ["beside nothing", {}, "Pat Example", { firstName: "Pat", lastName: "Example" }],
    [
      "beside a first name",
      { firstName: "Erika" },
      "Mustermann",
      { firstName: "Erika", lastName: "Mustermann" },
    ],
    [
      "the whole beside the first",
      { firstName: "Erika" },
      "erika Mustermann",
      { firstName: "Erika", lastName: "Mustermann" },
    ],
    ["beside a last name", { lastName: "García" }, "Juan", { firstName: "Juan", lastName: "García" }],
    [
      "the whole beside the last",
      { lastName: "García" },
      "Juan García",
      { firstName: "Juan", lastName: "García" },
    ],
    ["beside both", { firstName: "A", lastName: "B" }, "C D", { firstName: "A", lastName: "B" }],
    ["the first name again", { firstName: "Pat" }, "Pat", { firstName: "Pat" }],
    ["empty", { firstName: "Pat" }, " ", { firstName: "Pat" }],
  ])("%s", (_, known, name, expected) => {
    expect(completeName(known, name)).toEqual(expected);
  });
});

test.each([
  ["Mr", true],
  ["Mrs.", true],
  ["Prof. Dr.", true],
  ["Herr", true],
  ["Frau Dr.", true],
  ["Director", false],
  ["Dr. of Marketing", false],
  ["MD", false],
])("whether %s is a form of address: %s", (text, expected) => {
  expect(isHonorific(text)).toBe(expected);
});

test("any text is split, and no word of a plain name is lost", () => {
  fc.assert(fc.property(anyText, (name) => splitName(name) !== undefined));
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[A-Z][a-z]{4,9}$/), { minLength: 1, maxLength: 5 }), (words) => {
      fc.pre(!words.some((word) => isHonorific(word)));
      const { firstName, lastName } = splitName(words.join(" "));
      expect([firstName, lastName].filter(Boolean).join(" ")).toBe(words.join(" "));
    }),
  );
});
