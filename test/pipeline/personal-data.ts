/** What a text must not hold: any e-mail address or phone number, and what is known to be somebody's. */
export interface KnownPeople {
  /** Values of phone traits, as they were written. */
  phones: ReadonlySet<string>;
  /** First and last names. */
  names: ReadonlySet<string>;
}

/** Something personal that was found. */
export interface Found {
  kind: "e-mail" | "phone" | "name";
  /** How it was written: `plain`, `percent`, `json`, `html`, `base64`, one in the other with a dot between them. */
  form: string;
  /** The text around it without what anybody's data could be: letters as `a`, digits as `9`. */
  shape: string;
}

const address = /[\p{L}\p{N}._%+'-]*[\p{L}\p{N}_]@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}/u;
/** With the plus and a country: other numbers are too many things. */
const internationalPhone = /(?<![\p{L}\p{N}+])\+[1-9](?:[\s().\-/]{0,2}\d){7,14}(?!\d)/u;

/** Nested encodings are looked into so far. */
const deepest = 3;

/** What personal data a text holds, in whatever of the usual encodings; each kind and form once. */
export function findPersonalData(text: string, known: KnownPeople): Found[] {
  const found = new Map<string, Found>();
  const look = (plain: string, form: string, depth: number) => {
    for (const [kind, pattern] of patternsOf(known)) {
      const match = pattern.exec(plain);
      if (match && !found.has(kind + form))
        found.set(kind + form, { kind, form, shape: shapeOf(plain, match) });
    }
    if (depth === deepest) return;
    for (const [name, decoded] of decodings(plain)) {
      look(decoded, form === "plain" ? name : `${form}.${name}`, depth + 1);
    }
  };
  look(text, "plain", 0);
  return [...found.values()];
}

type Pattern = [kind: Found["kind"], pattern: RegExp];

const compiled = new WeakMap<KnownPeople, Pattern[]>();

function patternsOf(known: KnownPeople): Pattern[] {
  const cached = compiled.get(known);
  if (cached) return cached;
  const patterns: Pattern[] = [
    ["e-mail", address],
    ["phone", internationalPhone],
  ];
  const phones = [...known.phones]
    .map((phone) => phone.replace(/\D/g, ""))
    .filter((digits) => digits.length >= 7)
    .map((digits) => [...digits].join("[\\s().\\-/]{0,2}"));
  if (phones.length > 0)
    patterns.push(["phone", new RegExp(`(?<![0-9a-f-])(?:${phones.join("|")})(?![0-9a-f-])`)]);
  const names = [...known.names].filter((name) => /^\p{Lu}[\p{L}'’ -]{2,}$/u.test(name));
  if (names.length > 0)
    patterns.push(["name", new RegExp(`(?<![\\p{L}\\p{N}_])(?:${names.join("|")})(?![\\p{L}\\p{N}_])`, "u")]);
  compiled.set(known, patterns);
  return patterns;
}

/** What a text is when it is read as one of the encodings that URLs, JSON, HTML and tokens are written in. */
function decodings(text: string): [name: string, decoded: string][] {
  const results: [string, string][] = [];
  const add = (name: string, decoded: string) => {
    if (decoded !== text) results.push([name, decoded]);
  };
  if (/%[0-9a-f]{2}/i.test(text)) add("percent", percentDecoded(text));
  if (/\\[u/"\\]/.test(text)) {
    add(
      "json",
      text
        .replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
        .replace(/\\(["/\\])/g, "$1"),
    );
  }
  if (/&#?\w+;/.test(text)) {
    add(
      "html",
      text
        .replace(/&#x([0-9a-f]+);/gi, (_, code: string) => character(Number.parseInt(code, 16)))
        .replace(/&#(\d+);/g, (_, code: string) => character(Number(code)))
        .replace(/&commat;/g, "@"),
    );
  }
  for (const [token] of text.matchAll(/[A-Za-z0-9+/_-]{8,}={0,2}/g)) {
    const decoded = base64Decoded(token);
    if (decoded !== undefined) add("base64", decoded);
  }
  return results;
}

const character = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : "");

const percentDecoded = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (sequence) =>
    Buffer.from(sequence.replaceAll("%", ""), "hex").toString("utf8"),
  );

/** Text that a token holds; undefined where it is no text: most words of the language decode to noise. */
function base64Decoded(token: string): string | undefined {
  const decoded = Buffer.from(token, "base64").toString("utf8");
  return decoded.length >= 6 && !/[\p{Cc}�]/u.test(decoded.replace(/[\n\r\t]/g, "")) ? decoded : undefined;
}

/** Around a match, as much as tells where it came from. */
const shapeOf = (text: string, { index, 0: match }: RegExpExecArray): string => {
  const before = text.slice(Math.max(0, index - 60), index);
  const after = text.slice(index + match.length, index + match.length + 30);
  const masked = match.replace(/\p{L}/gu, "a").replace(/\p{N}/gu, "9");
  return `…${before.replace(/\p{N}/gu, "9")}«${masked}»${after.replace(/\p{N}/gu, "9")}…`;
};
