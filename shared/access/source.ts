import * as z from "zod/mini";
import { channels } from "../touchpoint/touch.ts";
import { providers } from "./provider.ts";

const origin = z
  .string()
  .check(
    z.maxLength(300),
    z.regex(
      /^(\*|https?:\/\/(\*\.)?[a-z0-9.-]+(:(\d{1,5}|\*))?)$/i,
      "an origin is https://host, https://*.host or *",
    ),
  );

/** What an administrator may set of a source. */
export const sourceSettingsSchema = z.strictObject({
  /** The web origins its pages live at; only these may post with a public key from a browser. */
  origins: z.optional(z.array(origin).check(z.maxLength(50))),
  /** Where a browser goes after a form, unless the form says otherwise. */
  thankYouUrl: z.optional(z.url({ protocol: /^https?$/ })),
  /** Form field names of one's own: `{"Ihre Mail": "email", "budget": "properties.budget"}`. */
  fieldMap: z.optional(z.record(z.string().check(z.maxLength(200)), z.string().check(z.maxLength(200)))),
  /** Over which channel the events of a Segment library are: `{"Whitepaper Downloaded": "form"}`. */
  events: z.optional(z.record(z.string().check(z.maxLength(200)), z.enum(channels))),
  /** Names of honeypot fields beside the usual ones. */
  honeypots: z.optional(z.array(z.string().check(z.maxLength(200))).check(z.maxLength(20))),
  /** An alarm rings where nothing usable came for longer; null where silence is nothing unusual. */
  silentAfterHours: z.optional(z.nullable(z.number().check(z.minimum(1), z.maximum(366 * 24)))),
});

/** What a source is, where that is known: the kinds that are providers take that provider's webhooks and nothing else's. */
export const sourceKinds = ["website", "server", "segment", ...providers] as const;

/** A source as it is made: `POST /v1/sources`. */
export const newSourceSchema = z.strictObject({
  id: z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "lower-case letters, digits and hyphens")),
  type: z.enum(["public", "server"]),
  kind: z.optional(z.enum(sourceKinds)),
  ...sourceSettingsSchema.shape,
});

/** A configured sender. */
export type Source = z.infer<typeof newSourceSchema> & { v: 1; createdAt: string; deletedAt?: string };

/**
 * Whether a source accepts posts from a web origin. `https://*.example.com` covers subdomains, a port of `*` any port,
 * `*` everything.
 */
export const originAllowed = (origins: readonly string[] | undefined, candidate: string): boolean =>
  (origins ?? []).some(
    (pattern) => pattern === "*" || originMatches(pattern.toLowerCase(), candidate.toLowerCase()),
  );

function originMatches(pattern: string, candidate: string): boolean {
  if (pattern === candidate) return true;
  const [, scheme, host, port] = /^(https?):\/\/([^/:]+)(?::(\d+|\*))?$/.exec(pattern) ?? [];
  const [, candidateScheme, candidateHost, candidatePort] =
    /^(https?):\/\/([^/:]+)(?::(\d+))?$/.exec(candidate) ?? [];
  if (!host || !candidateHost || scheme !== candidateScheme) return false;
  if (port !== "*" && port !== candidatePort) return false;
  return host.startsWith("*.") ? candidateHost.endsWith(host.slice(1)) : host === candidateHost;
}

/**
 * Whether a form of this source may send the browser on to a URL: to the origin the form itself was posted from, or to
 * one of the origins the source names. `*` is not enough: it would make every form an open redirect.
 */
export function redirectAllowed(source: Source, target: string, pageOrigin: string | undefined): boolean {
  if (!URL.canParse(target)) return false;
  const { origin, protocol } = new URL(target);
  if (protocol !== "https:" && protocol !== "http:") return false;
  return (
    origin === pageOrigin ||
    originAllowed(
      source.origins?.filter((pattern) => pattern !== "*"),
      origin,
    )
  );
}
