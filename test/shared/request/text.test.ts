import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanText } from "../../../shared/request/text.ts";
import { anyText } from "./any-text.ts";

test.each([
  ["line ends", "a\r\nb\rc\nd", "a\nb\nc\nd"],
  ["white space around", " \t\u00a0a b\u3000\n", "a b"],
  ["control characters", "a\u0000b\u001b[31m\u0085c\td", "ab[31mc\td"],
  ["a decomposed letter", "Ju\u0308rgen", "Jürgen"],
  ["a control character inside of a letter", "Ju\u0000\u0308rgen", "Jürgen"],
  ["half a surrogate pair", "a\ud800b", "a\ufffdb"],
  ["an emoji", "👍🏽", "👍🏽"],
])("%s", (_, value, expected) => {
  expect(cleanText(value)).toBe(expected);
});

test("cleaning twice changes nothing, and what is clean can be stored and compared", () => {
  fc.assert(
    fc.property(anyText, (value) => {
      const clean = cleanText(value);
      expect(cleanText(clean)).toBe(clean);
      expect(clean.isWellFormed()).toBe(true);
      expect(clean).toBe(clean.normalize("NFC"));
      expect(clean).not.toMatch(/[^\P{Cc}\n\t]/u);
    }),
  );
});

test.each([5, 30, 31, 60, 1000])("cleaning twice changes nothing in a pile of %i accents", (height) => {
  for (const accent of ["\u0301", "\u0344", "\u0316\u0301"]) {
    const clean = cleanText(`e${accent.repeat(height)} x`);
    expect(cleanText(clean)).toBe(clean);
    expect(clean.length).toBeGreaterThan(height);
  }
});
