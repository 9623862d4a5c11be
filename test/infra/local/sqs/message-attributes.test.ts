import { describe, expect, test } from "vitest";
import { md5OfAttributes, readMessageAttributes } from "../../../../infra/local/sqs/message-attributes.ts";

const text = { DataType: "String", StringValue: "attribValue 1" };
const number = { DataType: "Number.float", StringValue: "4563442423554324324264524243.32543234" };
const binary = { DataType: "Binary", BinaryValue: Buffer.from("Hello binary world!").toString("base64") };

describe("digest of message attributes", () => {
  // Vectors: README of the npm package aws-md5-of-message-attributes, made against SQS.
  test.each([
    ["a string", { attribName1: text }, "19e27d4e946b072f3f58da80d94fd778"],
    ["a number of a custom type", { customNumberTypeAttrib: number }, "9fe1b90bbd9965bdf77bac517c7d2495"],
    ["bytes", { binaryAttribute: binary }, "31a92b15d92f8db860eda32aceb656c3"],
    [
      "several, whatever their order",
      { customNumberTypeAttrib: number, binaryAttribute: binary, attribName1: text },
      "c932db14a896c663f83c260297d594ff",
    ],
  ])("of %s", (_, attributes, digest) => {
    expect(md5OfAttributes(attributes)).toBe(digest);
  });
});

describe("reading message attributes", () => {
  test.each([
    ["a reserved name", { "aws.trace": text }],
    ["a name that begins with a period", { ".a": text }],
    ["a name that ends with a period", { "a.": text }],
    ["a name with two periods in a row", { "a..b": text }],
    ["a name with a space", { "a b": text }],
    ["an empty value", { a: { DataType: "String", StringValue: "" } }],
    ["no value", { a: { DataType: "String" } }],
    ["an unknown type", { a: { DataType: "Text", StringValue: "x" } }],
    ["a number that is none", { a: { DataType: "Number", StringValue: "many" } }],
    ["eleven attributes", Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`a${index}`, text]))],
  ])("refuses %s", (_, attributes) => {
    expect(() => readMessageAttributes(attributes)).toThrow(
      expect.objectContaining({ code: "InvalidParameterValue" }),
    );
  });

  test("accepts the names and types that SQS does", () => {
    const attributes = {
      "a.b-C_9": text,
      count: { DataType: "Number", StringValue: "-1.5e3" },
      bytes: binary,
    };
    expect(readMessageAttributes(attributes)).toEqual(attributes);
  });
});
