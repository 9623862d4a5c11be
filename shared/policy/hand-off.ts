import * as z from "zod/mini";
import { parseTime } from "../request/time.ts";
import { registrableDomain } from "../touchpoint/registrable-domain.ts";
import { traitsSchema } from "../touchpoint/touch.ts";
import { isTimeZone } from "./calendar.ts";

const traitNames = Object.keys(traitsSchema.shape) as (keyof typeof traitsSchema.shape)[];
const name = z.string().check(z.trim(), z.minLength(1), z.maxLength(200));
const different = z.refine<readonly string[]>((names) => new Set(names).size === names.length, {
  error: "must name each only once",
});

/** What has to be known of a contact, all of it, before it is a lead; what is missing holds it. */
export const requireSchema = z.strictObject({
  traits: z._default(z.array(z.enum(["email", ...traitNames])).check(different), () => []),
  segments: z._default(z.array(name).check(z.maxLength(50), different), () => []),
});

const clock = z.string().check(
  z.refine<string>((value) => /^([01]\d|2[0-3]):[0-5]\d$/.test(value) || value === "24:00", {
    error: "must be a time of day such as 09:00",
  }),
);
const day = z
  .string()
  .check(
    z.refine<string>(
      (value) =>
        /^\d{4}-\d{2}-\d{2}$/.test(value) && parseTime(`${value}T00:00Z`)?.startsWith(value) === true,
      { error: "must be a day such as 2026-12-24" },
    ),
  );

/** When somebody works: in their own time zone, between two times on some days of the week, holidays left out. */
export const calendarSchema = z
  .strictObject({
    timeZone: z._default(
      z.string().check(z.refine(isTimeZone, { error: "must be an IANA time zone such as Europe/Berlin" })),
      "UTC",
    ),
    /** 1 is Monday, 7 Sunday (ISO 8601). */
    days: z._default(z.array(z.int().check(z.minimum(1), z.maximum(7))).check(z.minLength(1)), () => [
      1, 2, 3, 4, 5,
    ]),
    from: z._default(clock, "09:00"),
    to: z._default(clock, "17:00"),
    holidays: z._default(z.array(day).check(z.maxLength(1_000)), () => []),
  })
  .check(z.refine(({ from, to }) => from < to, { path: ["to"], error: "must be later than from" }));
export type BusinessCalendar = z.output<typeof calendarSchema>;

/** Within how many business hours a lead is answered, by the calendar of whoever owns it. */
export const serviceLevelSchema = z.strictObject({
  hours: z._default(z.number().check(z.minimum(0.25), z.maximum(2_000)), 8),
  calendar: z._default(calendarSchema, () => z.parse(calendarSchema, {})),
  /** By owner, as feedback and deals name them; whoever is not named works by `calendar`. */
  calendars: z._default(z.record(name, calendarSchema), () => ({})),
});
export type ServiceLevel = z.output<typeof serviceLevelSchema>;

const companyDomain = z.string().check(
  z.overwrite((value: string) => registrableDomain(value.trim().replace(/^@/, "")) ?? value),
  z.refine<string>((value) => registrableDomain(value) === value, {
    error: "must be a company's domain such as acme.example",
  }),
);

/** Whose leads are whose, by the first rule that fits in all that it names; one that names nothing fits everybody. */
export const ownersSchema = z
  .array(
    z.strictObject({
      owner: name,
      segment: z.optional(name),
      domain: z.optional(companyDomain),
      /** As the trait says it, whatever the case. */
      country: z.optional(name),
    }),
  )
  .check(z.maxLength(500));
export type OwnerRule = z.output<typeof ownersSchema>[number];

export const defaultRejectionReasons = [
  "bad_data",
  "not_a_fit",
  "no_need",
  "no_budget",
  "unreachable",
  "timing",
  "existing_customer",
  "competitor",
  "student",
  "duplicate",
  "other",
] as const;

export const rejectionReasonsSchema = z
  .array(
    z.string().check(
      z.refine<string>((value) => /^[a-z][a-z0-9_]{0,59}$/.test(value), {
        error: "must be up to 60 of a-z, digits and underscores, such as not_a_fit",
      }),
    ),
  )
  .check(z.minLength(1), z.maxLength(100), different);
