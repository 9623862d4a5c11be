import { expect, test } from "vitest";
import { at, cut, dropLonger, list, present, text } from "../../../shared/webhook/read.ts";

const value = {
  a: { b: [{ c: " text " }, 7] },
  empty: "",
  nothing: null,
  yes: true,
  many: Number.POSITIVE_INFINITY,
};

test.each([
  [["a", "b", 0, "c"], "text"],
  [["a", "b", 1], "7"],
  [["a", "b", 2], undefined],
  [["a", "x", "y"], undefined],
  [["empty"], undefined],
  [["nothing", "x"], undefined],
  [["yes"], undefined],
  [["many"], undefined],
  [["a"], undefined],
  [["constructor", "name"], undefined],
  [["__proto__"], undefined],
])("the text at %j", (path, expected) => {
  expect(text(value, ...path)).toBe(expected);
});

test("anything and lists are read where they are, and nothing where they are not", () => {
  expect(at(value, "a", "b", 1)).toBe(7);
  expect(at(value)).toBe(value);
  expect(at("text", "length")).toBeUndefined();
  expect(list(value, "a", "b")).toHaveLength(2);
  expect(list(value, "a")).toEqual([]);
});

test("an object without a value says nothing", () => {
  expect(present({ a: undefined, b: null })).toEqual({ b: null });
  expect(present({ a: undefined })).toBeUndefined();
});

test.each([
  ["abcd", "abc", undefined],
  ["abc", "abc", "abc"],
  ["", undefined, undefined],
  [undefined, undefined, undefined],
])("of %j three characters, cut, and whole or not at all", (value, shortened, whole) => {
  expect(cut(value, 3)).toBe(shortened);
  expect(dropLonger(value, 3)).toBe(whole);
});
