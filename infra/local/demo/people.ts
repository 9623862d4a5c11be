import { type Random, randomOf } from "./random.ts";
import { type Region, regions } from "./regions.ts";

export interface Company {
  name: string;
  /** Under `.example` or `.test`, which belong to nobody (RFC 6761). */
  domain: string;
  region: Region;
}

/** How far somebody is: who only reads, who looks around, who compares, who is about to buy. */
export type Interest = "reader" | "curious" | "engaged" | "evaluating";

export interface Person {
  /** From 1, the person's place in the list. */
  number: number;
  email: string;
  firstName: string;
  lastName: string;
  jobTitle: string;
  company: Company;
  interest: Interest;
}

/** Of a hundred people; the rest are readers. */
const shares: readonly [Interest, number][] = [
  ["evaluating", 0.04],
  ["engaged", 0.12],
  ["curious", 0.34],
];

const companiesPerPerson = 160 / 400;

const jobTitles = [
  "Head of Logistics",
  "Quality Manager",
  "Supply Chain Director",
  "Operations Manager",
  "Warehouse Manager",
  "Procurement Lead",
  "QA Specialist",
  "IT Manager",
  "Sustainability Officer",
  "Plant Manager",
  "Regulatory Affairs Manager",
  "Fleet Coordinator",
  "Managing Director",
  "Validation Engineer",
] as const;

/** Letters that Unicode does not take apart into a base and a mark. */
const plainLetters: Record<string, string> = {
  ø: "o",
  ł: "l",
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ı: "i",
  đ: "d",
};

/** A name as it stands in an address: ASCII letters and digits, everything else a hyphen. */
const inAddress = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[øłßæœıđ]/g, (letter) => plainLetters[letter]!)
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

/** Draws until something comes that was not there before; after a while it appends a number. */
function unused(taken: Set<string>, draw: () => string, numbered: (drawn: string, number: number) => string) {
  let drawn = draw();
  for (let tries = 0; taken.has(drawn) && tries < 5; tries++) drawn = draw();
  const first = drawn;
  for (let number = 2; taken.has(drawn); number++) drawn = numbered(first, number);
  taken.add(drawn);
  return drawn;
}

function inventCompanies(count: number, random: Random): Company[] {
  const taken = new Set<string>();
  return Array.from({ length: count }, (_, index) => {
    const region = regions[index % regions.length]!;
    const name = unused(
      taken,
      () =>
        `${random.pick(random.chance(0.55) ? region.family : region.places)} ${random.pick(region.trades)}`,
      (drawn, number) => `${drawn} ${number}`,
    );
    const domain = `${inAddress(name)}.${random.chance(0.8) ? "example" : "test"}`;
    return { name: `${name} ${random.pick(region.forms)}`.trim(), domain, region };
  });
}

function interests(count: number, random: Random): Interest[] {
  const drawn = shares.flatMap(([interest, share]) =>
    Array.from({ length: Math.max(1, Math.round(count * share)) }, () => interest),
  );
  const readers = Array.from({ length: Math.max(0, count - drawn.length) }, (): Interest => "reader");
  return random.shuffled([...drawn, ...readers]);
}

/**
 * Invents people at invented companies: the same for the same seed and count. Nobody has another's address.
 * @param count at least 3, one of each kind beside the readers
 */
export function inventPeople(seed: number, count: number): Person[] {
  const random = randomOf(`people/${seed}/${count}`);
  const companies = inventCompanies(Math.max(1, Math.round(count * companiesPerPerson)), random);
  const addresses = new Set<string>();
  return interests(count, random).map((interest, index) => {
    // Some companies are large accounts: squaring the draw puts more people into the first ones.
    const company = companies[Math.floor(random.next() ** 1.3 * companies.length)]!;
    const home = random.chance(0.9) ? company.region : random.pick(regions);
    let firstName = "";
    let lastName = "";
    const email = unused(
      addresses,
      () => {
        firstName = random.pick(home.given);
        lastName = random.pick(home.family);
        return `${inAddress(firstName)}.${inAddress(lastName)}@${company.domain}`;
      },
      (drawn, number) => drawn.replace("@", `${number}@`),
    );
    const jobTitle = random.pick(jobTitles);
    return { number: index + 1, email, firstName, lastName, jobTitle, company, interest };
  });
}
