import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type IdentifierType, identifierId } from "../../../shared/touchpoint/identifier.ts";
import { mentions, withoutMentions } from "../../../shared/touchpoint/mentions.ts";

const namespace = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
const erased: [IdentifierType, string][] = [
  ["email", "jörg+p@example.com"],
  ["user", "konto 77/ä"],
  ["crm", "salesforce:00Q5f00000PPPPP"],
  ["anonymous", "12345"],
  ["user", "Marta"],
];
const sought = {
  namespace,
  identifierIds: new Set(erased.map(([type, value]) => identifierId(namespace, type, value))),
};
const base64 = (text: string | Buffer) => Buffer.from(text).toString("base64");

describe("what names an erased person", () => {
  test.each<[how: string, body: string | Buffer]>([
    ["an address as it is", "jörg+p@example.com"],
    ["in other letters, with a name around it", 'From: "Jörg" <JÖRG+P@Example.com>, today'],
    ["at the end of a sentence", "write to jörg+p@example.com."],
    ["in JSON, in ASCII", '{"email":"j\\u00f6rg+p@example.com"}'],
    ["as a number in JSON", '{"anonymousId":12345,"x":1}'],
    ["in a form", "email=j%C3%B6rg%2Bp%40example.com&name=J"],
    ["a space as a plus", "user=konto+77%2F%C3%A4"],
    ["in a query of a URL in JSON", '{"url":"https://x.example/?e=j%C3%B6rg%2Bp%40example.com"}'],
    ["a cell of CSV", 'id;who\r\n1;"konto 77/ä"\r\n'],
    [
      "a part of a form",
      '--b\r\nContent-Disposition: form-data; name="u"\r\n\r\nsalesforce:00Q5f00000PPPPP\r\n--b--',
    ],
    ["a CRM id of 18 characters", '{"crm":"Salesforce:00Q5f00000PPPPPAAA"}'],
    ["a word that is a user's id, in JSON", '{"context":{},"userId":"Marta"}'],
    ["of a user", '{"user":{"id":12345,"plan":"x"}}'],
    ["in a form", "a=1&identifiers[user]=Marta&b=2"],
    ["as a part of a form", '--b\r\nContent-Disposition: form-data; name="user"\r\n\r\nMarta\r\n--b--'],
    ["gzip", gzipSync('{"email":"jörg+p@example.com"}')],
    ["base64 in JSON", JSON.stringify({ raw: base64('{"email":"jörg+p@example.com"}') })],
    ["gzip in base64 in JSON", JSON.stringify({ raw: base64(gzipSync("who=konto%2077/%C3%A4")) })],
    ["UTF-16", Buffer.from("\ufeffwho\tkonto 77/ä\r\n", "utf16le")],
    ["the id itself", JSON.stringify({ identifierId: [...sought.identifierIds][0] })],
  ])("%s", (_, body) => {
    expect(mentions(Buffer.from(body), sought)).toBe(true);
  });

  test.each<[how: string, body: string | Buffer]>([
    ["somebody else's address", '{"email":"j@example.com"}'],
    ["an address that only begins alike", "jörg+p@example.com.example"],
    ["a longer number", "123456"],
    ["a number that only is the same", '{"userId":"7","total":12345,"zip":"12345"}'],
    ["a name that only is the same", '{"userId":"7","firstName":"Marta","text":"Marta, hello"}'],
    ["bytes that are nothing", Buffer.from([0x1f, 0x8b, 1, 2, 3, 0xff])],
    ["an empty body", ""],
  ])("and what does not: %s", (_, body) => {
    expect(mentions(Buffer.from(body), sought)).toBe(false);
  });

  test("a body made to be slow takes no longer than others", () => {
    const begun = performance.now();
    expect(mentions(Buffer.from("-".repeat(300_000)), sought)).toBe(false);
    expect(mentions(Buffer.from("@".repeat(100_000)), sought)).toBe(false);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  test("is left out of what somebody else sent", () => {
    const sent = {
      colleague: "jörg+p@example.com",
      rating: 5,
      list: ["ok", "konto 77/ä"],
      deep: { visitor: 12345, total: 12345 },
    };
    expect(withoutMentions(sent, sought)).toEqual({ rating: 5, list: ["ok"], deep: { total: 12345 } });
  });
});
