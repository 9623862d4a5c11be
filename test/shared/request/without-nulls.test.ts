import { expect, test } from "vitest";
import { withoutNulls } from "../../../shared/request/without-nulls.ts";

test.each([
  ["a member", { a: null, b: 1 }, { b: 1 }],
  ["a member of an object inside", { a: { b: null, c: "" } }, { a: { c: "" } }],
  ["the last member of an object inside", { a: { b: null } }, { a: {} }],
  ["properties as a whole", { properties: null }, {}],
])("%s that is null counts as not sent", (_, sent, expected) => {
  expect(withoutNulls(sent)).toEqual(expected);
});

test.each([
  ["inside of properties", { properties: { a: null, b: { c: null } } }],
  ["in lists", { a: [null, { b: null }] }],
  ["nowhere", { a: false, b: 0, c: "", d: "null" }],
  ["alone", null],
  ["in a list", [null]],
  ["no object", "x"],
])("null %s stays", (_, sent) => {
  expect(withoutNulls(sent)).toEqual(sent);
});

test("what was sent is not changed", () => {
  const sent = Object.freeze({ a: null, b: Object.freeze({ c: null }) });
  expect(withoutNulls(sent)).toEqual({ b: {} });
});
