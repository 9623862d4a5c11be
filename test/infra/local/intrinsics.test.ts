import { describe, expect, test } from "vitest";
import { UnsupportedTemplate } from "../../../infra/local/errors.ts";
import { intrinsics, type Template } from "../../../infra/local/intrinsics.ts";

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: this is how Fn::Sub is written
describe("intrinsic functions", () => {
  const template: Template = { Resources: {}, Parameters: { Stage: { Default: "test" }, Asked: {} } };
  const resolve = intrinsics(template, (logicalId) =>
    logicalId === "Queue"
      ? { ref: () => "http://q", attributes: { Arn: () => "arn:q", "A.B": () => "nested" } }
      : undefined,
  );
  test.each([
    ["a plain value", { a: [1, true, "x"] }, { a: [1, true, "x"] }],
    ["Ref", { Ref: "Queue" }, "http://q"],
    ["Ref to a parameter", { Ref: "Stage" }, "test"],
    ["a pseudo parameter", { Ref: "AWS::Region" }, "us-east-1"],
    ["Fn::GetAtt", { "Fn::GetAtt": ["Queue", "Arn"] }, "arn:q"],
    ["Fn::GetAtt as a text", { "Fn::GetAtt": "Queue.A.B" }, "nested"],
    ["Fn::Join", { "Fn::Join": ["-", ["a", { Ref: "Stage" }]] }, "a-test"],
    [
      "Fn::Sub",
      { "Fn::Sub": "${Queue}|${Queue.Arn}|${!Queue}|${AWS::AccountId}" },
      "http://q|arn:q|${Queue}|000000000000",
    ],
    ["Fn::Sub with variables", { "Fn::Sub": ["${x}-${Stage}", { x: { Ref: "Queue" } }] }, "http://q-test"],
    [
      "Fn::Select of Fn::Split",
      { "Fn::Select": [1, { "Fn::Split": [":", { "Fn::GetAtt": ["Queue", "Arn"] }] }] },
      "q",
    ],
    ["inside a structure", { a: [{ b: { Ref: "Stage" } }] }, { a: [{ b: "test" }] }],
  ])("%s", (_name, value, resolved) => {
    expect(resolve(value)).toEqual(resolved);
  });

  test.each([
    ["an unknown function", { "Fn::ImportValue": "x" }],
    ["an unknown resource", { Ref: "Nobody" }],
    ["an unknown attribute", { "Fn::GetAtt": ["Queue", "Nothing"] }],
    ["a parameter without default", { Ref: "Asked" }],
  ])("%s is refused", (_name, value) => {
    expect(() => resolve(value)).toThrow(UnsupportedTemplate);
  });
});

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: this is how Fn::Sub is written
