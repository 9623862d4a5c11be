import { S3Error } from "./errors.ts";

/** An element of a parsed document: its name without prefix, its child elements, and its own text. */
export interface XmlElement {
  name: string;
  children: XmlElement[];
  text: string;
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/**
 * One element as text. `content` is a list of finished child elements, or a value, which is escaped. Control
 * characters become character references, as S3 writes them: a raw carriage return would be read as a line feed.
 */
export function element(name: string, content: string | number | boolean | readonly string[]): string {
  const inner =
    typeof content === "object"
      ? content.join("")
      : String(content).replace(
          // biome-ignore lint/suspicious/noControlCharactersInRegex: a key may contain them
          /[&<>"\u0000-\u001f\u007f]/g,
          (character) => ESCAPES[character] ?? `&#x${character.charCodeAt(0).toString(16)};`,
        );
  return `<${name}>${inner}</${name}>`;
}

/** A whole document whose root is in the namespace of the S3 API. */
export function xmlDocument(root: string, children: readonly string[]): string {
  const opening = `<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${opening}${children.join("")}</${root}>`;
}

const TOKEN =
  /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\/([\w:.-]+)\s*>|<([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;
const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function malformed(): S3Error {
  return new S3Error(
    400,
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}

function unescapeText(text: string): string {
  if (/&(?!(?:#x[0-9a-f]{1,6}|#[0-9]{1,7}|amp|lt|gt|quot|apos);)/i.test(text)) throw malformed();
  return text.replace(/&(?:#x([0-9a-f]+)|#([0-9]+)|([a-z]+));/gi, (_, hex, decimal, name) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? "";
    const point = hex === undefined ? Number.parseInt(decimal, 10) : Number.parseInt(hex, 16);
    if (point > 0x10ffff) throw malformed();
    return String.fromCodePoint(point);
  });
}

/**
 * Reads the XML that S3 requests carry: elements, attributes (ignored), text, CDATA, comments, character references.
 * A document type, which no S3 request has, is refused with everything else that is not well formed: `MalformedXML`.
 */
export function parseXml(text: string): XmlElement {
  const source = text.replace(/^\uFEFF/, "");
  const top: XmlElement = { name: "", children: [], text: "" };
  const open: XmlElement[] = [top];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const token = TOKEN.exec(source);
    if (token === null) throw malformed();
    const [, cdata, closing, opening, , selfClosing, characters] = token;
    const parent = open[open.length - 1]!;
    if (closing !== undefined) {
      if (open.length === 1 || parent.name !== localName(closing)) throw malformed();
      open.pop();
    } else if (opening !== undefined) {
      const child: XmlElement = { name: localName(opening), children: [], text: "" };
      parent.children.push(child);
      if (selfClosing === "") open.push(child);
    } else if (cdata !== undefined) parent.text += cdata;
    else if (characters !== undefined) parent.text += unescapeText(characters);
  }
  const root = top.children[0];
  if (open.length !== 1 || top.children.length !== 1 || root === undefined || top.text.trim() !== "")
    throw malformed();
  return root;
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

/** What a DeleteObjects request asks for: at most a thousand objects, else `MalformedXML`, as in S3. */
export function parseDeleteRequest(text: string): {
  quiet: boolean;
  objects: { key: string; versionId?: string }[];
} {
  const root = parseXml(text);
  if (root.name !== "Delete") throw malformed();
  let quiet = false;
  const objects: { key: string; versionId?: string }[] = [];
  for (const child of root.children) {
    if (child.name === "Quiet") quiet = child.text.trim() === "true";
    else if (child.name === "Object") objects.push(parseDeleteEntry(child));
    else throw malformed();
  }
  if (objects.length === 0 || objects.length > 1000) throw malformed();
  return { quiet, objects };
}

function parseDeleteEntry(entry: XmlElement): { key: string; versionId?: string } {
  let key: string | undefined;
  let versionId: string | undefined;
  for (const child of entry.children) {
    if (child.name === "Key") key = child.text;
    else if (child.name === "VersionId") versionId = child.text;
    // Conditions on an entry (ETag, Size, LastModifiedTime) are refused rather than ignored: they guard data.
    else throw malformed();
  }
  if (key === undefined || key === "") throw malformed();
  return versionId === undefined ? { key } : { key, versionId };
}
