import { completeName, isHonorific, type PersonName } from "../request/person-name.ts";
import { normaliseEmail } from "../touchpoint/identifier.ts";
import type { Identifiers, Traits } from "../touchpoint/touch.ts";
import { at, dropLonger, present, text } from "../webhook/read.ts";
import type { Message } from "./message.ts";
import { named } from "./named.ts";

/** Who a message is about. */
export interface Person {
  identifiers: Identifiers;
  /** A second address of the same person: the `userId`, where it is another than the one among the traits. */
  otherEmail?: string;
  /** The `userId` of a public source: anyone could claim it, so it identifies nobody. */
  claimedUser?: string;
}

const isEmail = (value: string | undefined): value is string =>
  value !== undefined && normaliseEmail(value) !== undefined;

/**
 * The identifiers of a message: `userId` (an address where it is one), `anonymousId`, the e-mail address among the traits or
 * properties, and a CRM id where a trait `crm` has one (`salesforce:00Q…`). The traits of a `group` are the company's. An
 * address that is none is passed on only where nothing else says who it is.
 */
export function personOf(message: Message, isPublic: boolean): Person {
  const traits = message.type === "group" ? [] : [at(message, "traits")];
  const about = [...traits, at(message, "context", "traits")];
  const emails = [...about, at(message, "properties")].flatMap((one) => text(one, "email") ?? []);
  const user = text(message, "userId");
  const stated = emails.find(isEmail);
  const userEmail = isEmail(user) ? user : undefined;
  const email = stated ?? userEmail;
  const crm = about.map((one) => text(one, "crm")).find((id) => id && /^[a-z][\w-]*:\S/i.test(id));
  const others = present<Identifiers>({
    crm: isPublic ? undefined : crm,
    user: isPublic || userEmail ? undefined : user,
    anonymous: text(message, "anonymousId"),
  });
  const differs = stated && userEmail && normaliseEmail(stated) !== normaliseEmail(userEmail);
  return {
    identifiers: present<Identifiers>({ email: email ?? (others ? undefined : emails[0]), ...others }) ?? {},
    ...(differs ? { otherEmail: userEmail } : {}),
    ...(isPublic && user && !userEmail ? { claimedUser: user } : {}),
  };
}

/** What is longer is no trait; the message must not be lost for it. */
const short = (value: string | undefined, maximum = 200): string | undefined => dropLonger(value, maximum);

/**
 * A person's traits in our names, from those of the specification in any spelling (`firstName`, `first_name`), or undefined
 * where there are none. A `name` is split; a `company` may be an object with a name; the country may be in the `address`.
 * https://www.twilio.com/docs/segment/connections/spec/identify#traits
 */
export function traitsOf(record: unknown): Traits | undefined {
  const find = named(record);
  const parts = present<PersonName>({ firstName: find("firstname"), lastName: find("lastname") }) ?? {};
  const jobTitle = find("jobtitle", "title", "position");
  return asTraits(record, find, {
    ...completeName(parts, short(find("name", "fullname")) ?? ""),
    ...(jobTitle && !isHonorific(jobTitle) ? { jobTitle } : {}),
  });
}

/**
 * The traits among an event's properties: by names that mean a person's whatever stands around them. A `name` or `title` is that
 * of the form or the page.
 */
export function traitsAmongProperties(record: unknown): Traits | undefined {
  const find = named(record);
  return asTraits(
    record,
    find,
    present<Traits>({
      firstName: find("firstname"),
      lastName: find("lastname"),
      jobTitle: find("jobtitle"),
    }) ?? {},
  );
}

const asTraits = (record: unknown, find: ReturnType<typeof named>, own: Traits): Traits | undefined =>
  present<Traits>({
    firstName: short(own.firstName),
    lastName: short(own.lastName),
    company: short(
      find("company", "companyname", "organization", "organisation") ?? text(record, "company", "name"),
      300,
    ),
    jobTitle: short(own.jobTitle, 300),
    phone: short(find("phone", "phonenumber", "mobilephone"), 100),
    country: short(find("country", "countryname", "countrycode") ?? text(record, "address", "country"), 100),
  });

/**
 * The identifiers that an `alias` sets equal to those of the message: a library's generated id is of a browser or device,
 * anything else a user's.
 */
export function previousIdentifiers(previousId: string): Identifiers {
  if (isEmail(previousId)) return { email: previousId };
  const generated = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(previousId);
  return generated ? { anonymous: previousId } : { user: previousId };
}
