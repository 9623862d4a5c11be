import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { hmacMatches, sameInConstantTime } from "../../../shared/webhook/signature.ts";

const sign = (key: string, encoding: "hex" | "base64") =>
  createHmac("sha256", key).update("data").digest(encoding);

describe("an HMAC", () => {
  const base = { algorithm: "sha256", keys: ["new", "old"], data: "data" } as const;

  test.each([
    ["the current secret", "hex", sign("new", "hex"), true],
    ["the secret before", "hex", sign("old", "hex"), true],
    ["upper-case hex", "hex", sign("new", "hex").toUpperCase(), true],
    ["base64", "base64", sign("new", "base64"), true],
    ["base64 in another case", "base64", sign("new", "base64").toLowerCase(), false],
    ["another secret", "hex", sign("other", "hex"), false],
    ["the beginning only", "hex", sign("new", "hex").slice(0, 60), false],
    ["nothing", "hex", "", false],
  ] as const)("by %s", (_, encoding, given, expected) => {
    expect(hmacMatches({ ...base, encoding, given })).toBe(expected);
  });

  test("is right where one of several is", () => {
    const given = ["", "x", sign("old", "base64")];
    expect(hmacMatches({ ...base, encoding: "base64", given })).toBe(true);
    expect(hmacMatches({ ...base, encoding: "base64", given: [...given, ...given] })).toBe(true);
    expect(hmacMatches({ ...base, encoding: "base64", given: given.slice(0, 2) })).toBe(false);
    expect(hmacMatches({ ...base, encoding: "base64", given: [] })).toBe(false);
  });

  test("by an empty secret is anybody's", () => {
    expect(hmacMatches({ ...base, keys: [""], encoding: "hex", given: sign("", "hex") })).toBe(false);
  });
});

test("texts are compared whatever their length, and with bytes", () => {
  expect(sameInConstantTime("a", "a")).toBe(true);
  expect(sameInConstantTime("a", Buffer.from("a"))).toBe(true);
  expect(sameInConstantTime("a", "ab")).toBe(false);
  expect(sameInConstantTime("", "a")).toBe(false);
});
