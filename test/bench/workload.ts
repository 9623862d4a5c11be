import { requestText } from "./connection.ts";

export const writeKey = "local-write-key";
export const readKey = "local-read-key";
export const adminKey = "local-admin-key";

/**
 * A form fill as a website's server would send it, 500 bytes and more.
 * @param id unique per touch
 * @param person decides whose it is
 * @param campaign two touches of a person count both where it differs
 */
export const touchpoint = (id: string, person: string, campaign: number) => ({
  id,
  channel: "form",
  identifiers: { email: `${person}@customer.example` },
  traits: {
    firstName: "Robin",
    lastName: person,
    company: "Customer Example Ltd",
    jobTitle: "Head of Operations",
  },
  campaign: {
    id: `campaign-${campaign}`,
    name: `Campaign ${campaign}`,
    source: "newsletter",
    medium: "email",
  },
  asset: { id: "guide-7", name: "Buyer's guide", url: "https://www.vendor.example/guides/buyers-guide" },
  properties: { budget: "50-100", interest: "pilot in spring", consent: "yes" },
});

export type Touchpoint = ReturnType<typeof touchpoint>;

/** The request that sends a touchpoint, or an array of them. */
export const post = (touchpoints: Touchpoint | Touchpoint[]): string =>
  requestText("POST", "/v1/touchpoints", writeKey, JSON.stringify(touchpoints));

let people = 0;

/** A touch of a person who has none yet. */
export function touchOfSomebodyNew(): Touchpoint {
  const number = people++;
  return touchpoint(`new-${number}`, `person-${number}`, number % 20);
}

/** How many touches a person of `arraysOfRegulars` has. */
export const touchesPerRegular = 20;

/**
 * Arrays of 100 touches: those of each group of 100 people are 20 arrays, each with one touch of every one of them, so a
 * person's touches arrive apart.
 */
export function arraysOfRegulars(groups: number): Touchpoint[][] {
  return Array.from({ length: groups * touchesPerRegular }, (_, array) => {
    const group = Math.floor(array / touchesPerRegular);
    return Array.from({ length: 100 }, (_, member) =>
      touchpoint(`regular-${array}-${member}`, `regular-${group}-${member}`, array % touchesPerRegular),
    );
  });
}
