import { brotliCompressSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bodyBytes, maximumBodyBytes, UnusableBody } from "../../../shared/request/body.ts";
import { parseFormBody } from "../../../shared/request/form-body.ts";
import { anyText } from "./any-text.ts";

const base64 = (bytes: Buffer | string, headers: Record<string, string> = {}) => ({
  body: Buffer.from(bytes).toString("base64"),
  isBase64Encoded: true,
  headers,
});

const refusal = async (attempt: () => unknown): Promise<UnusableBody | undefined> => {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (error instanceof UnusableBody) return error;
    throw error;
  }
};

const fieldsOf = async (body: string | Buffer, type?: string): Promise<Record<string, string[]>> => {
  const parsed = await parseFormBody(Buffer.from(body), type);
  if (parsed.kind !== "form") throw new Error(`this is ${parsed.kind}`);
  return Object.fromEntries(parsed.fields);
};

const multipart = (parts: string[], boundary = "----WebKitFormBoundaryKiov"): string =>
  `${parts.map((part) => `--${boundary}\r\nContent-Disposition: form-data; ${part}\r\n`).join("")}--${boundary}--\r\n`;

describe("the bytes of a request", () => {
  const json = '{"email":"pat@example.com"}';

  test.each([
    ["text", { body: json, headers: {} }],
    ["base64", base64(json)],
    ["gzip with its header", base64(gzipSync(json), { "content-encoding": "gzip" })],
    [
      "gzip without a header",
      base64(gzipSync(json), { "content-type": "application/x-www-form-urlencoded" }),
    ],
    ["plain bytes labelled gzip", base64(json, { "content-encoding": "gzip" })],
  ])("%s", (_, event) => {
    expect(bodyBytes(event).toString()).toBe(json);
  });

  test("no body is no bytes", () => {
    expect(bodyBytes({ headers: {} })).toHaveLength(0);
  });

  test.each([
    [
      "more than 1 MiB as text",
      { body: "a".repeat(maximumBodyBytes + 1), headers: {} },
      413,
      "body_too_large",
    ],
    [
      "more than 1 MiB in bytes",
      { body: "é".repeat(maximumBodyBytes / 2 + 1), headers: {} },
      413,
      "body_too_large",
    ],
    ["more than 1 MiB as base64", base64(Buffer.alloc(maximumBodyBytes + 1, 97)), 413, "body_too_large"],
    ["a gzip bomb", base64(gzipSync(Buffer.alloc(50 * maximumBodyBytes))), 413, "body_too_large"],
    ["half a gzip", base64(gzipSync(json).subarray(0, 20)), 400, "invalid_gzip"],
    ["gzip that passed as text", { body: gzipSync(json).toString("utf8"), headers: {} }, 415, "gzip_as_text"],
    ["brotli", base64(brotliCompressSync(json), { "content-encoding": "br" }), 415, "unsupported_encoding"],
  ])("%s is refused", async (_, event, status, code) => {
    expect(await refusal(() => bodyBytes(event))).toMatchObject({ status, code });
  });

  test("exactly 1 MiB is taken, also where it was gzip", () => {
    const bytes = Buffer.alloc(maximumBodyBytes, 97);
    expect(bodyBytes(base64(bytes))).toHaveLength(maximumBodyBytes);
    expect(bodyBytes(base64(gzipSync(bytes)))).toHaveLength(maximumBodyBytes);
  });

  test("who sent gzip as JSON reads what to do", async () => {
    const error = await refusal(() => bodyBytes({ body: gzipSync(json).toString("utf8"), headers: {} }));
    expect(error?.detail).toContain("application/octet-stream");
  });
});

describe("what a body holds", () => {
  const value = { email: "pat@example.com" };
  const json = JSON.stringify(value);

  test.each([
    ["JSON", json, "application/json"],
    ["JSON as curl -d labels it", json, "application/x-www-form-urlencoded"],
    ["JSON as a beacon labels it", ` \n${json}`, "text/plain;charset=UTF-8"],
    ["JSON labelled CSV", json, "text/csv"],
    ["JSON without a label", json, undefined],
    ["JSON after a byte order mark", `\ufeff${json}`, "application/json"],
  ])("%s", async (_, body, type) => {
    expect(await parseFormBody(Buffer.from(body), type)).toEqual({ kind: "json", value });
  });

  test("a JSON text that is no object, where the label says JSON", async () => {
    expect(await parseFormBody(Buffer.from("null"), "application/json")).toEqual({
      kind: "json",
      value: null,
    });
  });

  test("newline-delimited JSON is an array", async () => {
    const body = `${json}\r\n\n{"email":"sam@example.com"}\n`;
    expect(await parseFormBody(Buffer.from(body), "application/x-ndjson")).toEqual({
      kind: "json",
      value: [value, { email: "sam@example.com" }],
    });
  });

  test.each([
    ["labelled", "Email\npat@example.com\n", "text/csv; charset=utf-8"],
    [
      "as curl --data-binary labels it",
      "Email,Name\npat@example.com,Pat\n",
      "application/x-www-form-urlencoded",
    ],
    ["without a label", "Email;Name\npat@example.com;Pat\n", undefined],
  ])("CSV %s", async (_, body, type) => {
    expect(await parseFormBody(Buffer.from(body), type)).toEqual({ kind: "csv", text: body });
  });

  test("CSV in windows-1252 and in Excel's UTF-16", async () => {
    const text = "Name,Email\nJürgen – Größe,j@example.com\n";
    const ansi = Buffer.from(text.replace("–", "\x96"), "latin1");
    expect(await parseFormBody(ansi, "text/csv")).toEqual({ kind: "csv", text });
    const utf16 = Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(text, "utf16le")]);
    expect(await parseFormBody(utf16, "text/csv")).toEqual({ kind: "csv", text });
  });

  test.each([
    ["nothing", "", "application/json", 400, "empty_body"],
    ["only white space", " \r\n", undefined, 400, "empty_body"],
    ["broken JSON", '{"email":"pat@example.com"', "application/json", 400, "invalid_json"],
    ["a sentence labelled JSON", "Hello", "application/json", 400, "invalid_json"],
    ["a broken line", `${json}\n{"email":\n`, "application/x-ndjson", 400, "invalid_json"],
    ["XML", '<?xml version="1.0"?><lead/>', "application/xml", 415, "unsupported_media_type"],
    ["an image", Buffer.from("\x89PNG\r\n\x1a\n\0=", "latin1"), "image/png", 415, "unsupported_media_type"],
    ["a sentence", "Hello", "text/plain", 415, "unsupported_media_type"],
    ["JSON in latin1", Buffer.from('{"name":"Jürgen"}', "latin1"), "application/json", 400, "invalid_utf8"],
    ["a boundary that nobody names", "x", "multipart/form-data", 400, "multipart_boundary"],
    [
      "half a multipart form",
      multipart(['name="a"\r\n\r\n1']).slice(0, -30),
      "multipart/form-data",
      400,
      "invalid_multipart",
    ],
  ])("%s is refused", async (_, body, type, status, code) => {
    expect(await refusal(() => parseFormBody(Buffer.from(body as string), type))).toMatchObject({
      status,
      code,
    });
  });

  test("an error never quotes the body", async () => {
    const error = await refusal(() =>
      parseFormBody(Buffer.from('{"email": pat@example.com}'), "application/json"),
    );
    expect(error?.code).toBe("invalid_json");
    expect(`${error?.message} ${error?.detail}`).not.toMatch(/pat|example/);
  });
});

describe("JSON that would do harm", () => {
  test.each([
    ["plainly", '{"__proto__":{"admin":true},"a":{"__proto__":1,"b":2}}'],
    ["with escapes", '{"\\u005f_proto__":{"admin":true},"a":{"_\\u005Fproto\\u005f_":1,"b":2}}'],
  ])("__proto__ spelt %s is dropped", async (_, body) => {
    const parsed = await parseFormBody(Buffer.from(body), "application/json");
    expect(JSON.stringify(parsed)).toBe('{"kind":"json","value":{"a":{"b":2}}}');
  });

  test("64 levels are taken, 65 are not, brackets in texts are none", async () => {
    const nested = (depth: number) => Buffer.from("[".repeat(depth) + "]".repeat(depth));
    expect(await refusal(() => parseFormBody(nested(64), undefined))).toBeUndefined();
    expect(await refusal(() => parseFormBody(nested(65), undefined))).toMatchObject({
      status: 400,
      code: "json_too_deep",
    });
    expect(await refusal(() => parseFormBody(nested(400_000), undefined))).toMatchObject({
      code: "json_too_deep",
    });
    const text = Buffer.from(JSON.stringify([`\\"${"[".repeat(100)}`, "[".repeat(100)]));
    expect(await refusal(() => parseFormBody(text, undefined))).toBeUndefined();
  });
});

describe("urlencoded forms", () => {
  test.each([
    [
      "a plus and an encoded plus",
      "email=pat%2Bdemo%40example.com&n=a+b",
      { email: ["pat+demo@example.com"], n: ["a b"] },
    ],
    ["repeated names, in order", "i=pricing&i=api", { i: ["pricing", "api"] }],
    ["a bare name, an empty value, an = in a value", "a&b=&c=d=e", { a: [""], b: [""], c: ["d=e"] }],
    ["percent signs that encode nothing", "a=100%&b=%zz%4", { a: ["100%"], b: ["%zz%4"] }],
    ["a half UTF-8 sequence", "a=%C3", { a: ["Ã"] }],
    ["UTF-8", "n%C3%A4me=J%C3%BCrgen+%E2%82%AC", { näme: ["Jürgen €"] }],
    ["windows-1252", "name=J%FCrgen+%80", { name: ["Jürgen €"] }],
    ["unencoded UTF-8", "name=Jürgen", { name: ["Jürgen"] }],
    ["encoded brackets", "contact%5Bemail%5D=p%40example.com", { "contact[email]": ["p@example.com"] }],
    ["a newline of the file it was typed into", "a=1&b=2\n", { a: ["1"], b: ["2"] }],
    ["a name that is a prototype's", "__proto__=1&a=2", { __proto: ["1"], a: ["2"] }],
  ])("%s", async (_, body, fields) => {
    const expected = "__proto" in fields ? { ["__proto__"]: ["1"], a: ["2"] } : fields;
    expect(await fieldsOf(body, "application/x-www-form-urlencoded")).toEqual(expected);
  });

  test.each([["application/json"], ["text/plain"], [undefined], ["application/octet-stream"]])(
    "a form labelled %s",
    async (type) => {
      expect(await fieldsOf("email=p%40example.com&a=1", type)).toEqual({
        email: ["p@example.com"],
        a: ["1"],
      });
    },
  );

  test("the enctype text/plain", async () => {
    const body = "email=p@example.com\r\nmessage=100% sure\r\nand more\r\n";
    expect(await fieldsOf(body, "text/plain")).toEqual({
      email: ["p@example.com"],
      message: ["100% sure\nand more"],
    });
  });

  test("1,000 fields are taken, 1,001 are not", async () => {
    const form = (count: number) => Array.from({ length: count }, (_, index) => `f${index}=1`).join("&");
    expect(Object.keys(await fieldsOf(form(1000)))).toHaveLength(1000);
    expect(await refusal(() => fieldsOf(form(1001)))).toMatchObject({ status: 413, code: "too_many_fields" });
  });
});

describe("multipart forms", () => {
  const label = "multipart/form-data; boundary=----WebKitFormBoundaryKiov";

  test("as a browser sends Contact Form 7, with files", async () => {
    const body = multipart([
      'name="_wpcf7"\r\n\r\n18514',
      'name="your-name"\r\n\r\nPat Exämple',
      'name="your-email"\r\n\r\npat@example.com',
      'name="interests[]"\r\n\r\napi',
      'name="interests[]"\r\n\r\npricing',
      `name="cv"; filename="C:\\\\cv.pdf"\r\nContent-Type: application/pdf\r\n\r\n${"x".repeat(12_345)}`,
      'name="none"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n',
    ]);
    expect(await fieldsOf(body, label)).toEqual({
      _wpcf7: ["18514"],
      "your-name": ["Pat Exämple"],
      "your-email": ["pat@example.com"],
      "interests[]": ["api", "pricing"],
      cv: ["cv.pdf (12,345 bytes)"],
    });
  });

  test.each([
    ["no boundary in the label", "multipart/form-data"],
    ["another boundary in the label", "multipart/form-data; boundary=other"],
    ["the label of a form", "application/x-www-form-urlencoded"],
    ["no label", undefined],
  ])("%s", async (_, type) => {
    expect(await fieldsOf(multipart(['name="a"\r\n\r\n1']), type)).toEqual({ a: ["1"] });
  });

  test("text before the first part, a quoted boundary, an empty form", async () => {
    const preamble = `preamble\r\n${multipart(['name="a"\r\n\r\n1'], "b'b:b")}`;
    expect(await fieldsOf(preamble, `multipart/form-data; boundary="b'b:b"`)).toEqual({ a: ["1"] });
    expect(await fieldsOf("--b--\r\n", "multipart/form-data; boundary=b")).toEqual({});
  });

  test("windows-1252 without a label, and with one", async () => {
    const body = multipart([
      'name="a"\r\n\r\nJürgen',
      'name="b"\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\né',
    ]);
    expect(await fieldsOf(Buffer.from(body, "latin1"), label)).toEqual({ a: ["Jürgen"], b: ["é"] });
  });

  test("a large file and a large field", async () => {
    const text = "y".repeat(300_000);
    const body = multipart([
      `name="f"; filename="f.bin"\r\n\r\n${"x".repeat(600_000)}`,
      `name="t"\r\n\r\n${text}`,
    ]);
    expect(await fieldsOf(body, label)).toEqual({ f: ["f.bin (600,000 bytes)"], t: [text] });
  });

  test("more than 1,000 fields", async () => {
    const body = multipart(Array.from({ length: 1001 }, (_, index) => `name="f${index}"\r\n\r\n1`));
    expect(await refusal(() => fieldsOf(body, label))).toMatchObject({
      status: 413,
      code: "too_many_fields",
    });
  });
});

describe("laws", () => {
  const type = fc.option(
    fc.oneof(
      fc.constantFrom(
        "application/json",
        "application/x-ndjson",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=b",
        'multipart/form-data; boundary="',
        "text/csv",
        "text/plain",
      ),
      fc.string(),
    ),
    { nil: undefined },
  );
  const fragment = fc.constantFrom(
    "--b",
    "\r\n",
    "--b--",
    "Content-Disposition: form-data; ",
    'name="a"',
    'filename="f"',
    "Content-Type: text/plain; charset=base64",
    "\r\n\r\n",
    "--",
    "x",
    ";",
    ":",
  );
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    anyText.map((text) => Buffer.from(text)),
    fc.json().map((text) => Buffer.from(text)),
    fc.array(fragment, { maxLength: 25 }).map((fragments) => Buffer.from(fragments.join(""))),
    fc
      .array(fragment, { maxLength: 25 })
      .map((all) => Buffer.from(`--b\r\nContent-Disposition: form-data${all.join("")}`)),
  );

  test("more parts than a form has are refused, though none has a name", async () => {
    const nameless = (parts: number) => `--b\r\n\r\n\r\n`.repeat(parts);
    const body = (parts: number) => `${nameless(parts)}${multipart(['name="a"\r\n\r\nx'], "b")}`;
    const type = "multipart/form-data; boundary=b";
    expect(await fieldsOf(body(1000), type)).toEqual({ a: ["x"] });
    expect(await refusal(() => fieldsOf(body(1200), type))).toMatchObject({
      status: 413,
      code: "too_many_fields",
    });
  });

  test("any bytes with any label give a value or an UnusableBody, and no other error", async () => {
    await fc.assert(
      fc.asyncProperty(body, type, async (bytes, label) => {
        const error = await refusal(async () => {
          const parsed = await parseFormBody(bytes, label);
          expect(["json", "form", "csv"]).toContain(parsed.kind);
        });
        if (error) expect([400, 413, 415]).toContain(error.status);
      }),
      { numRuns: 1500 },
    );
  });

  test("any event gives bytes or an UnusableBody", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.option(anyText, { nil: undefined }),
        fc.boolean(),
        fc.option(fc.constantFrom("gzip", "br", "identity", ""), { nil: undefined }),
        async (text, isBase64Encoded, encoding) => {
          await refusal(() =>
            bodyBytes({ body: text, isBase64Encoded, headers: { "content-encoding": encoding } }),
          );
        },
      ),
    );
  });

  test("what URLSearchParams writes is read back", async () => {
    const name = fc
      .string({ unit: "grapheme", minLength: 1 })
      .filter((text) => text.isWellFormed() && !text.startsWith("\ufeff"));
    const value = fc
      .string({ unit: "grapheme" })
      .filter((text) => text.isWellFormed() && !text.startsWith("\ufeff"));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, value), { minLength: 1 }), async (pairs) => {
        const fields = await fieldsOf(
          new URLSearchParams(pairs).toString(),
          "application/x-www-form-urlencoded",
        );
        const expected = new Map<string, string[]>();
        for (const [key, item] of pairs) expected.set(key, [...(expected.get(key) ?? []), item]);
        expect(new Map(Object.entries(fields))).toEqual(expected);
      }),
    );
  });
});
