import type { CheckIn } from "../../../shared/request/check-ins.ts";
import type { Asset, Campaign, TouchpointInput } from "../../../shared/touchpoint/touch.ts";
import type { Person } from "./people.ts";
import type { Random } from "./random.ts";

/** Somebody scanned at a stand. */
export interface Scan {
  badge: string;
  person: Person;
  at: string;
  stand: string;
}

/** What one person did, oldest first within each list. */
export interface Deeds {
  touchpoints: (TouchpointInput & { id: string; occurredAt: string })[];
  checkIns: (CheckIn & { id: string; checkedInAt: string })[];
  scans: Scan[];
}

const minute = 60_000;
const hour = 60;
const day = 24 * hour;

/** Minutes of the day between which people are at their desks. */
export const officeHours = { from: 9 * hour, to: 17 * hour } as const;

/** Writes down what one person did, at the times at which people do such things where that person lives. */
export class Journey {
  readonly deeds: Deeds = { touchpoints: [], checkIns: [], scans: [] };
  readonly person: Person;
  readonly random: Random;
  private readonly begin: number;
  private readonly prefix: string;
  private sequence = 0;

  /**
   * @param begin midnight UTC of the quarter's first Monday, milliseconds since the epoch
   * @param prefix of every id this person's senders give
   */
  constructor(person: Person, random: Random, begin: number, prefix: string) {
    this.person = person;
    this.random = random;
    this.begin = begin;
    this.prefix = prefix;
  }

  /** Some minute of office hours. */
  officeMinute(): number {
    return this.random.integer(officeHours.from, officeHours.to - 1);
  }

  /** A touch that the person's own company, site or CRM tells of. @param minuteOfDay by the person's clock */
  touch(
    quarterDay: number,
    minuteOfDay: number,
    touch: Omit<TouchpointInput, "id" | "occurredAt" | "identifiers">,
  ) {
    const { email, company, number } = this.person;
    const browser = touch.channel === "page" ? { anonymous: `${this.prefix}-browser-${number}` } : {};
    this.deeds.touchpoints.push({
      id: this.nextId(),
      ...touch,
      occurredAt: this.time(quarterDay, minuteOfDay),
      identifiers: { email, ...browser },
      ...(touch.channel === "page" || touch.channel === "email_click"
        ? {}
        : { traits: { ...this.traits(), country: company.region.country } }),
    });
  }

  /**
   * A click in a mail that was sent in the morning: most read it then, some in the afternoon, some the day after; one in six
   * comes back to it.
   */
  click(sentOn: number, campaign: Campaign, asset: Asset) {
    const { random } = this;
    const drawn = random.next();
    const morning = 7 * hour + 15 + Math.floor(-Math.log(1 - random.next()) * 70);
    const nextDay = sentOn % 7 === 4 ? sentOn + 3 : sentOn + 1;
    const when =
      drawn < 0.66
        ? { on: sentOn, at: Math.min(morning, 12 * hour) }
        : drawn < 0.86
          ? { on: sentOn, at: random.integer(13 * hour, officeHours.to - 30) }
          : { on: nextDay, at: random.integer(officeHours.from, 11 * hour) };
    const touch = { channel: "email_click", campaign, asset } as const;
    this.touch(when.on, when.at, touch);
    if (random.chance(0.16)) this.touch(when.on, when.at + random.integer(2, 25), touch);
  }

  /** A form that was filled after a look at a page or two; now and then somebody presses the button twice. */
  form(quarterDay: number, campaign: Campaign, asset: Asset, properties?: Record<string, string>) {
    const { random } = this;
    const at = this.officeMinute();
    const pages = random.integer(0, 2);
    for (let page = pages; page > 0; page--) {
      this.touch(quarterDay, at - page * 3, {
        channel: "page",
        campaign,
        asset: page === 1 ? asset : { id: "pricing", name: "Pricing" },
      });
    }
    const touch = { channel: "form", campaign, asset, ...(properties && { properties }) } as const;
    this.touch(quarterDay, at, touch);
    if (random.chance(0.05)) this.touch(quarterDay, at + 1, touch);
  }

  /** Present at an event whose app sends what it scans. */
  checkIn(quarterDay: number, minuteOfDay: number, event: { id: string; name: string }, campaign: Campaign) {
    const { email, company } = this.person;
    this.deeds.checkIns.push({
      id: this.nextId(),
      event,
      attendee: { email, ...this.traits(), country: company.region.country },
      checkedInAt: this.time(quarterDay, minuteOfDay),
      campaign,
    });
  }

  /** Scanned at the trade fair, whose list comes as CSV. @param minuteOfDay by the fair's clock, which is UTC's */
  scan(quarterDay: number, minuteOfDay: number, stand: string) {
    const at = new Date(this.begin + (quarterDay * day + minuteOfDay) * minute).toISOString();
    this.deeds.scans.push({ badge: this.nextId(), person: this.person, at, stand });
  }

  private traits() {
    const { firstName, lastName, jobTitle, company } = this.person;
    return { firstName, lastName, jobTitle, company: company.name };
  }

  private nextId(): string {
    this.sequence += 1;
    return `${this.prefix}-${this.person.number}-${this.sequence}`;
  }

  /**
   * The person's clock as an instant. What would fall on the day before in UTC happens hours later: a mail read early
   * on a Monday in Japan would show as a Sunday's.
   */
  private time(quarterDay: number, minuteOfDay: number): string {
    const utc = minuteOfDay - this.person.company.region.utcOffset * hour;
    const sameDay = utc < 0 ? utc + Math.ceil(-utc / hour) * hour : utc;
    const seconds = this.random.integer(0, 59);
    return new Date(this.begin + (quarterDay * day + sameDay) * minute + seconds * 1000).toISOString();
  }
}
