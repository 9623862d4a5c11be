import { gzipSync } from "node:zlib";
import type { HttpEvent } from "../edge/http-handler.ts";
import type { Answer } from "../http/answer.ts";
import { sha256Hex } from "../table/keys.ts";

/** The script for websites as the bundle carries it. */
declare const TOUCHLINE_SNIPPET: string;

/** The parts of the answer that are the same for everybody, made when somebody first asks. */
let made: { etag: string; compressed: string } | undefined;

const make = () => ({
  // Weak, since it names the compressed and the plain form of one script.
  etag: `W/"${sha256Hex(TOUCHLINE_SNIPPET).slice(0, 32)}"`,
  compressed: gzipSync(TOUCHLINE_SNIPPET, { level: 9 }).toString("base64"),
});

/** `GET /touchline.js`: the script that records the forms of the website that loads it. */
export function getSnippet({ headers: asked }: HttpEvent): Answer {
  made ??= make();
  const { etag, compressed } = made;
  const headers = {
    "content-type": "text/javascript; charset=utf-8",
    // Nobody waits for a new version, and within a day everybody has it.
    "cache-control": "public, max-age=3600, stale-while-revalidate=86400",
    etag,
    vary: "Accept-Encoding",
    // Any site may load it, also one that is isolated from others (COEP) or asks by CORS (`crossorigin`).
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "x-content-type-options": "nosniff",
  };
  if (isHeld(asked["if-none-match"], etag)) return { statusCode: 304, headers };
  if (!acceptsGzip(asked["accept-encoding"])) return { statusCode: 200, headers, body: TOUCHLINE_SNIPPET };
  return {
    statusCode: 200,
    headers: { ...headers, "content-encoding": "gzip" },
    body: compressed,
    isBase64Encoded: true,
  };
}

/** Whether the asker holds this version; tags are compared weakly, as RFC 9110 (13.1.2) wants it. */
const isHeld = (ifNoneMatch: string | undefined, etag: string): boolean =>
  (ifNoneMatch ?? "")
    .split(",")
    .map((tag) => tag.trim())
    .some((tag) => tag === "*" || tag.replace(/^W\//, "") === etag.replace(/^W\//, ""));

/** Whether gzip is among what the asker accepts, and not with a quality of 0. */
const acceptsGzip = (acceptEncoding: string | undefined): boolean =>
  (acceptEncoding ?? "").split(",").some((one) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$)|$)/i.test(one));
