import { normaliseEmail } from "../touchpoint/identifier.ts";
import type { Campaign, Traits } from "../touchpoint/touch.ts";
import type { KnownField } from "./field-names.ts";
import { addProperty, type Claim, type FormCollection } from "./form-collection.ts";
import type { FormSubmission } from "./form-fields.ts";
import { isPageUrl, readPageUrl } from "./page-url.ts";
import { completeName, isHonorific } from "./person-name.ts";
import { parseTime } from "./time.ts";

/** Longer than an address with the longest name in front of it. */
const maximumAddress = 1000;
const isEmail = (text: string): boolean =>
  text.length <= maximumAddress && normaliseEmail(text) !== undefined;
const upTo = (maximum: number) => (text: string) => text.length <= maximum;

/** The most that a touch takes of each trait; what is longer is kept as a property instead. */
const traitLengths = {
  firstName: 200,
  lastName: 200,
  company: 300,
  jobTitle: 300,
  phone: 100,
  country: 100,
} as const;

const campaignParts = ["id", "name", "source", "medium", "term", "content"] as const;

/** Names of fields with the address of somebody else, or of the form's owner. */
const foreignAddress =
  /friend|colleague|referr|recipient|manager|assistant|owner|sender|^(to|from|cc|bcc|subject)$/i;

/** Claims on known fields, of which each field takes the first fitting one. */
class Claims {
  #left: Claim[];

  constructor(claims: readonly Claim[]) {
    this.#left = [...claims];
  }

  /** The value that a field takes. Other claims of the same value are done; different ones stay. */
  take(field: KnownField, fits: (value: string) => boolean = () => true): string | undefined {
    const winner = this.#left.find((claim) => claim.field === field && fits(claim.value));
    if (!winner) return undefined;
    this.#left = this.#left.filter((claim) => claim.field !== field || claim.value !== winner.value);
    return winner.value;
  }

  drop(done: (claim: Claim) => boolean): void {
    this.#left = this.#left.filter((claim) => !done(claim));
  }

  valuesOf = (...fields: KnownField[]): string[] =>
    fields.flatMap((field) => this.#left.filter((claim) => claim.field === field).map(({ value }) => value));

  left = (): readonly Claim[] => this.#left;
}

/** Decides between the claims of a form's fields; what wins nothing becomes a property under its own name. */
export function settle(collection: FormCollection): FormSubmission {
  const { properties, honeypot } = collection;
  const { consents, left } = collection.consents.settle();
  const claims = new Claims([...collection.mapped, ...collection.claims]);
  const named = claims.take("email", isEmail) ?? claims.take("email");
  claims.drop(
    (claim) => claim.field === "emailConfirmation" && claim.value.toLowerCase() === named?.toLowerCase(),
  );
  const traits = settleTraits(claims);
  const { campaign, page, clickIds } = settleCampaign(claims);
  const occurredAt = claims
    .valuesOf("occurredAt")
    .map(parseTime)
    .find((time) => time !== undefined);
  const submission: FormSubmission = {
    ...defined({
      messageId: claims.take("messageId", upTo(500)),
      anonymous: claims.take("anonymous", upTo(200)),
      user: claims.take("user", upTo(200)),
      crm: claims.take("crm", upTo(200)),
      redirect: withoutControls(claims.take("redirect", upTo(4096))),
      occurredAt,
    }),
    traits,
    campaign,
    ...(page === undefined ? {} : { asset: { url: page } }),
    properties,
    ...(consents.length > 0 ? { consents } : {}),
    honeypot,
  };
  for (const { label, values } of left)
    addProperty(properties, label, values.length > 1 ? values : values[0]);
  for (const { label, value } of claims.left()) addProperty(properties, label, value);
  for (const [name, value] of Object.entries(clickIds)) {
    if (!Object.keys(properties).some((held) => held.toLowerCase() === name))
      addProperty(properties, name, value);
  }
  const email = named ?? takeOnlyAddress(properties);
  return email === undefined ? submission : { ...submission, email };
}

function settleTraits(claims: Claims): Traits {
  const fits = (trait: keyof typeof traitLengths) => upTo(traitLengths[trait]);
  const isRole = (text: string) => fits("jobTitle")(text) && !isHonorific(text) && /\p{L}/u.test(text);
  const parts = defined({
    firstName: claims.take("firstName", fits("firstName")),
    lastName: claims.take("lastName", fits("lastName")),
  });
  const fullName = claims.valuesOf("fullName").find(upTo(traitLengths.lastName));
  const name = fullName === undefined ? parts : completeName(parts, fullName);
  const told = name.firstName !== parts.firstName || name.lastName !== parts.lastName;
  const whole = `${name.firstName} ${name.lastName}`.toLowerCase();
  if (fullName !== undefined && (told || fullName.toLowerCase() === whole))
    claims.take("fullName", (one) => one === fullName);
  return {
    ...defined({ firstName: name.firstName, lastName: name.lastName }),
    ...defined({
      company: claims.take("company", fits("company")),
      jobTitle: claims.take("jobTitle", isRole),
      phone: claims.take("phone", fits("phone")),
      country: claims.take("country", fits("country")),
    }),
  };
}

/** The campaign that the fields name, else the one in the address of the page that carried the form, else of its referrer. */
function settleCampaign(claims: Claims): {
  campaign: Campaign;
  page?: string;
  clickIds: Record<string, string>;
} {
  const named: Campaign = {};
  for (const part of campaignParts) {
    const value = claims.take(`campaign.${part}`, upTo(300));
    if (value !== undefined) named[part] = value;
  }
  const addresses = claims.valuesOf("page", "website", "referrer").map(readPageUrl);
  const campaign =
    Object.keys(named).length > 0
      ? named
      : (addresses.find((address) => Object.keys(address.campaign).length > 0)?.campaign ?? {});
  const clickIds: Record<string, string> = Object.assign(
    {},
    ...addresses.map((address) => address.clickIds).reverse(),
  );
  const isAddress = (text: string) => text.length <= 4096 && isPageUrl(text);
  const page = claims.take("page", isAddress) ?? claims.take("website", isAddress);
  return { campaign, clickIds, ...(page === undefined ? {} : { page }) };
}

/** An address as a browser reads it, which leaves out line ends and tabs, and as a header can carry it. */
const withoutControls = (address: string | undefined): string | undefined =>
  address?.replace(/\p{Cc}/gu, "").trim() || undefined;

/** The one e-mail address among the properties, taken from them; undefined where there is none or more than one. */
function takeOnlyAddress(properties: Record<string, unknown>): string | undefined {
  const found = Object.entries(properties).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === "string" && isEmail(entry[1]) && !foreignAddress.test(entry[0]),
  );
  const addresses = new Set(found.map(([, value]) => normaliseEmail(value)));
  if (addresses.size !== 1) return undefined;
  for (const [name] of found) delete properties[name];
  return found[0]?.[1];
}

/** An object without its undefined members. */
function defined<Members extends Record<string, string | undefined>>(members: Members): Partial<Members> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Partial<Members>;
}
