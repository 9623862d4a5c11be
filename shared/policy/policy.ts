import { domainToASCII } from "node:url";
import * as z from "zod/mini";
import { parseTime } from "../request/time.ts";
import { type Channel, channels } from "../touchpoint/touch.ts";
import { isTimeZone } from "./calendar.ts";
import {
  defaultRejectionReasons,
  ownersSchema,
  rejectionReasonsSchema,
  requireSchema,
  serviceLevelSchema,
} from "./hand-off.ts";
import { defaultMachineClicks, machineClicksSchema } from "./machine-clicks.ts";
import { pointsBetween } from "./points.ts";
import { longestRetention } from "./retention.ts";
import { segmentsSchema } from "./segments.ts";
import { earningChannels, fastTrackSchema, weightsSchema } from "./touch-rule.ts";

/** What touches may be alike in: those alike in all that is named count once. */
export const likenesses = ["channel", "campaign", "day", "source"] as const;

/** Which touches can count: the person's own acts, or ours as well. */
export const countedDirections = ["inbound", "any"] as const;

/** A version of the policy is one item of the table, which holds 400 KB. */
const mostBytes = 380_000;

const defaultWeights: Record<Channel, number> = {
  form: 1,
  check_in: 1,
  email_click: 1,
  meeting: 1,
  call: 1,
  direct_mail: 0,
  page: 0,
};

const perChannel = <T>(field: (channel: Channel) => T): Record<Channel, T> =>
  Object.fromEntries(channels.map((channel) => [channel, field(channel)])) as Record<Channel, T>;

const points = pointsBetween(0.001, 1_000_000);
const weight = pointsBetween(0, 1000);
const atLeastOne = (most: number) => z.int().check(z.minimum(1), z.maximum(most));
const cap = atLeastOne(1_000_000);

const timeZone = z
  .string()
  .check(z.refine(isTimeZone, { error: "must be an IANA time zone such as Europe/Berlin" }));

/** One spelling of a domain, so that `@Acme.example` and `acme.example` exclude the same people. */
const domain = z.string().check(
  z.overwrite((value: string) => domainToASCII(value.trim().replace(/^@/, "").replace(/\.$/, ""))),
  z.refine<string>((value) => value.length <= 253 && /^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/.test(value), {
    error: "must be a domain such as acme.example",
  }),
);
const domains = z._default(z.array(domain).check(z.maxLength(500)), () => []);

const excludeSchema = z.strictObject({
  /** Clicks that no person made. */
  machine: z._default(z.boolean(), true),
  /** Touches under an address of a function: `info@`, `sales@`, … */
  roleAddresses: z._default(z.boolean(), true),
  /** Everything of people who unsubscribed from e-mail. */
  unsubscribed: z._default(z.boolean(), false),
  /** Everything of people who asked not to be contacted at all. */
  doNotContact: z._default(z.boolean(), true),
  /** One's own domains and what is below them: colleagues are no leads. */
  internalDomains: domains,
  /** Other domains, and what is below them, whose touches do not count. */
  domains,
  /** Contacts of a deal that was won: they count on, but are no leads. */
  customers: z._default(z.boolean(), true),
  /** Contacts of a deal that is open. */
  openDeals: z._default(z.boolean(), true),
});

/** An instant, kept as ISO 8601 UTC with milliseconds. A day alone would be another instant in each time zone. */
const instant = z.string().check(
  z.overwrite((value: string) => parseTime(value) ?? value),
  z.refine<string>((value) => parseTime(value) === value, {
    error: "must be a time in ISO 8601 with a time zone, such as 2026-12-01T00:00:00Z",
  }),
);

/** What the company has to have done beside the contact: so many points of so many of its people. */
const accountSchema = z.strictObject({
  threshold: points,
  minContacts: z._default(atLeastOne(1_000), 1),
});

/**
 * What sales calls a qualified lead: `threshold` points within `windowDays` local days, over at least `minChannels`
 * channels on at least `minDays` days. Every field has a default; a field it does not know is refused, since a misspelt
 * rule would silently be no rule.
 */
export const policySchema = z
  .strictObject({
    threshold: z._default(points, 8),
    windowDays: z._default(atLeastOne(730), 180),
    timeZone: z._default(timeZone, "UTC"),
    channels: z._default(
      z.strictObject(perChannel((channel) => z._default(weight, defaultWeights[channel]))),
      () => ({
        ...defaultWeights,
      }),
    ),
    oncePer: z._default(
      z.array(z.enum(likenesses)).check(
        z.refine<readonly string[]>((names) => new Set(names).size === names.length, {
          error: "must name each only once",
        }),
      ),
      () => ["channel", "campaign", "day"] as (typeof likenesses)[number][],
    ),
    direction: z._default(z.enum(countedDirections), "inbound"),
    minChannels: z._default(atLeastOne(channels.length), 1),
    minDays: z._default(atLeastOne(730), 1),
    maxPerCampaign: z._default(z.nullable(cap), null),
    maxPerChannel: z._default(z.strictObject(perChannel(() => z.optional(cap))), () => ({})),
    maxPerSourcePerDay: z._default(z.nullable(cap), null),
    exclude: z._default(excludeSchema, () => z.parse(excludeSchema, {})),
    machineClicks: z._default(machineClicksSchema, defaultMachineClicks),
    segments: z._default(segmentsSchema, () => ({})),
    account: z._default(z.nullable(accountSchema), null),
    /** What a touch is worth by the first rule that fits; by its channel where none does. */
    weights: z._default(weightsSchema, () => []),
    /** Touches that qualify at once. */
    fastTrack: z._default(fastTrackSchema, () => []),
    /** What else has to be known of a contact. */
    require: z._default(requireSchema, () => z.parse(requireSchema, {})),
    /** What qualified before it is noted as known to sales and not handed over; null where everything is. */
    goLive: z._default(z.nullable(instant), null),
    /** The surplus waits for the next export. */
    maxLeadsPerExport: z._default(z.nullable(atLeastOne(1_000_000)), null),
    /** Days after which a rejected lead, or one whose deal was lost, may be one again. */
    requalifyAfterDays: z._default(z.int().check(z.minimum(0), z.maximum(3650)), 90),
    /** Within how many business hours sales answers; null where nobody measures. */
    serviceLevel: z._default(z.nullable(serviceLevelSchema), () => z.parse(serviceLevelSchema, {})),
    /** Whose a lead is, by the first rule that fits, where neither feedback nor a deal says so. */
    owners: z._default(ownersSchema, () => []),
    /** Why sales may reject a lead. */
    rejectionReasons: z._default(rejectionReasonsSchema, () => [...defaultRejectionReasons]),
    /** Facts older than this go at night; null keeps them for ever. Two windows is what a count may look back on. */
    retentionDays: z._default(z.nullable(atLeastOne(longestRetention)), null),
  })
  .check(
    z.refine((policy) => policy.retentionDays === null || policy.retentionDays >= 2 * policy.windowDays, {
      path: ["retentionDays"],
      error: "must be at least twice windowDays: a count looks back on two windows",
    }),
    z.refine((policy) => policy.require.segments.every((name) => Object.hasOwn(policy.segments, name)), {
      path: ["require", "segments"],
      error: "must name segments of this policy",
    }),
    z.refine(
      (policy) =>
        policy.owners.every(
          ({ segment }) => segment === undefined || Object.hasOwn(policy.segments, segment),
        ),
      { path: ["owners"], error: "must name segments of this policy" },
    ),
    z.refine((policy) => policy.minDays <= Math.max(policy.windowDays, 1), {
      path: ["minDays"],
      error: "must be at most windowDays: nobody could ever qualify",
    }),
    z.refine(
      (policy) => policy.fastTrack.length > 0 || earningChannels(policy).length >= policy.minChannels,
      {
        path: ["minChannels"],
        error: "must be at most the number of channels that earn points: nobody could ever qualify",
      },
    ),
    z.refine((policy) => Buffer.byteLength(JSON.stringify(policy)) <= mostBytes, {
      error: `must have at most ${mostBytes} bytes as JSON`,
    }),
  );

export type Policy = z.output<typeof policySchema>;

/** What is wrong with a policy: the field's path (`channels.form`, empty for the whole) and why. */
export interface PolicyIssue {
  field: string;
  detail: string;
}

/** A policy with its defaults filled in, or every reason why it is none. */
export function parsePolicy(input: unknown): { policy: Policy } | { issues: PolicyIssue[] } {
  const result = policySchema.safeParse(input);
  if (result.success) return { policy: result.data };
  return { issues: result.error.issues.flatMap(describeIssue) };
}

const depthOf = (issues: readonly z.core.$ZodIssue[]): number =>
  Math.max(...issues.map(({ code, path }) => path.length + (code === "invalid_type" ? 0 : 0.5)));

function describeIssue(issue: z.core.$ZodIssue): PolicyIssue[] {
  const field = issue.path.map(String).join(".");
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        field: field ? `${field}.${key}` : key,
        detail: "is not a field of a policy",
      }));
    case "invalid_type":
      return [
        {
          field,
          detail: `must be ${issue.expected === "int" ? "a whole number" : `of type ${issue.expected}`}`,
        },
      ];
    case "too_small":
      return [{ field, detail: `must be at least ${issue.minimum}` }];
    case "too_big":
      return [
        {
          field,
          detail:
            issue.origin === "array"
              ? `must have at most ${issue.maximum} entries`
              : `must be at most ${issue.maximum}`,
        },
      ];
    case "invalid_union": {
      // Of the kinds that it could be, the one that it nearly is.
      const nearly = issue.errors.toSorted((a, b) => depthOf(b) - depthOf(a))[0] ?? [];
      return nearly.flatMap((one) => describeIssue({ ...one, path: [...issue.path, ...one.path] }));
    }
    case "invalid_value":
      return [{ field, detail: `must be one of ${issue.values.map(String).join(", ")}` }];
    default:
      return [{ field, detail: issue.message }];
  }
}

/** Eight touches in 180 days, each day of a campaign on a channel counted once. */
export const defaultPolicy: Policy = policySchema.parse({});

/** What sales would believe: more than one channel, and neither one campaign nor clicks alone make a lead. */
export const starterPolicy: Policy = policySchema.parse({
  minChannels: 2,
  maxPerCampaign: 3,
  maxPerChannel: { email_click: 4 },
});
