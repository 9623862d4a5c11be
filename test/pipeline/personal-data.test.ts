import { describe, expect, test } from "vitest";
import { findPersonalData, type KnownPeople } from "./personal-data.ts";

const known: KnownPeople = {
  phones: new Set(["+49 30 1234567", "(555) 010-9999", "12"]),
  names: new Set(["Zaphira", "O'Quill", "Anne-Zaphira", "Xi", "Müllerová"]),
};
const kinds = (text: string) => findPersonalData(text, known).map(({ kind, form }) => `${kind} ${form}`);

const base64 = (text: string) => Buffer.from(text).toString("base64");
const base64url = (text: string) => Buffer.from(text).toString("base64url");

describe("finds", () => {
  test.each<[what: string, text: string, found: string]>([
    ["an address", '{"message":"sent to pat.doe+tag@mail.example.com"}', "e-mail plain"],
    ["one in a URL's query", "GET /v1/contacts?email=pat%40example.com", "e-mail percent"],
    ["one encoded twice", "next=%2Fx%3Femail%3Dpat%2540example.com", "e-mail percent.percent"],
    ["one as JSON escapes", String.raw`{"body":"pat\u0040example.com"}`, "e-mail json"],
    ["one as HTML entities", "pat&#64;example&#x2e;com", "e-mail html"],
    ["one in base64", `raw: ${base64("email=pat@example.com&x=1")}`, "e-mail base64"],
    ["one in a cursor", base64url(JSON.stringify(["pat@example.com"])), "e-mail base64"],
    ["one in base64 in base64", base64(base64("this is pat@example.com, hello")), "e-mail base64.base64"],
    ["one encoded for a URL, in base64", base64("email=pat%40example.com"), "e-mail base64.percent"],
    ["an international address", "jörg@bücher.example", "e-mail plain"],
    ["any number with a country", "call +1 (212) 555-0187 now", "phone plain"],
    ["a known number as it was written", "tel=(555) 010-9999", "phone plain"],
    ["a known number without its spaces", '"phone":"5550109999"', "phone plain"],
    ["a known number with a country", "0049 30 1234567 is 49301234567", "phone plain"],
    ["a first name", "hello Zaphira, how are you", "name plain"],
    ["a name in base64", base64('{"firstName":"Zaphira"}'), "name base64"],
    ["a name with an apostrophe", "for O%27Quill", "name percent"],
    ["a name with a hyphen", "Anne-Zaphira Lee", "name plain"],
    ["a name with accents", "M%C3%BCllerov%C3%A1", "name percent"],
  ])("%s", (_, text, found) => {
    expect(kinds(text)).toContain(found);
  });
});

test.each([
  [
    "a line of the log",
    '{"level":"INFO","message":"run completed","sampling_rate":0,"service":"night","timestamp":"2026-11-21T10:00:00.000Z","xray_trace_id":"1-5759e988-bd862e3fe1be46a994272793","run":1,"leads":8}',
  ],
  [
    "metrics",
    '{"_aws":{"Timestamp":1795255200000,"CloudWatchMetrics":[{"Namespace":"Touchline","Dimensions":[["service"]],"Metrics":[{"Name":"Stored","Unit":"Count"}]}]},"service":"process","Stored":12}',
  ],
  ["a stack", "at file:///work/node_modules/@aws-sdk/client-s3@3.1.2/dist/index.js:12:34"],
  [
    "a key",
    "person#6f0d3c3e-54f1-4b8e-9a4e-2f1d5f5f7c11 at#2026-11-21T10:00:00.000Z#01989f3c-2222-5b8e-9a4e-2f1d5f5f7c11#0123456789abcdef",
  ],
  ["a name inside a word", "ZaphiraX and lowercase zaphira are none"],
  ["a name too short to tell", "Xi"],
  ["a number too short to tell", "12"],
  ["an offset of time", "2026-11-21T10:00:00+01:00"],
  ["a number inside an id", "a5550109999f"],
])("leaves alone %s", (_, text) => {
  expect(findPersonalData(text, known)).toEqual([]);
});

test("says where it was found without saying what", () => {
  const [found] = findPersonalData('{"message":"hello","detail":"pat.doe7@example.com"}', known);
  expect(found?.shape).toContain('"detail":"«aaa.aaa9@aaaaaaa.aaa»"');
});
