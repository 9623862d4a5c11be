import type { Campaign } from "../../../shared/touchpoint/touch.ts";
import { answerForTheOffice, live, onlyClick, wasInterestedOnce } from "./behaviour.ts";
import { campaigns, demoWish, schedule, site } from "./campaigns.ts";
import { type Deeds, Journey } from "./journey.ts";
import { inventPeople, type Person } from "./people.ts";
import { randomOf } from "./random.ts";

/** A form that somebody fills in while the demo runs, by the names of its fields. */
export interface LiveForm {
  formId: string;
  fields: Record<string, string>;
}

/** Links of a mail that recipients click while the demo runs. */
export interface LiveMailing {
  url: string;
  message: string;
  campaign: Campaign;
  recipients: string[];
}

/** A company's marketing of thirteen weeks, as its systems would tell it. */
export interface Quarter extends Deeds {
  /** The first Monday, and now. ISO 8601 UTC. */
  begin: string;
  end: string;
  people: Person[];
  /** Three of the people, of whom none becomes a lead. */
  curiosities: { onlyClicks: Person; sharedMailbox: Person; longAgo: Person };
  liveForms: LiveForm[];
  /** Filled in by a machine, the field that no human sees included. */
  botForm: LiveForm;
  liveMailing: LiveMailing;
}

/** Fewer would leave no readers to be the curiosities. */
export const fewestPeople = 10;

const day = 24 * 60 * 60 * 1000;
const weeks = 13;

/** Midnight UTC of the Monday of the week in which `now` lies. */
function mondayOf(now: Date): number {
  const midnight = Math.floor(now.getTime() / day) * day;
  return midnight - ((now.getUTCDay() + 6) % 7) * day;
}

/**
 * The quarter that ends now: the current week and the twelve before it. Nothing but the arguments decides it, and within one
 * week a later `now` only adds what has happened since, so that sending it again repeats nothing.
 * @param people how many; at least `fewestPeople`
 */
export function inventQuarter({
  seed,
  now,
  people: count,
}: {
  seed: number;
  now: Date;
  people: number;
}): Quarter {
  const begin = mondayOf(now) - (weeks - 1) * 7 * day;
  const prefix = `demo-${seed}-${count}-${new Date(begin).toISOString().slice(0, 10)}`;
  const invented = inventPeople(seed, count);
  const [onlyClicks, shared, longAgo] = invented.filter(({ interest }) => interest === "reader");
  if (!onlyClicks || !shared || !longAgo) throw new RangeError(`a quarter needs ${fewestPeople} people`);
  const sharedMailbox = {
    ...shared,
    email: `info@${shared.company.domain}`,
    firstName: "",
    lastName: "",
    jobTitle: "",
  };
  const people = invented.map((person) => (person === shared ? sharedMailbox : person));

  const behaviours = new Map([
    [onlyClicks, onlyClick],
    [sharedMailbox, answerForTheOffice],
    [longAgo, wasInterestedOnce],
  ]);
  const journeys = people.map((person) => {
    const journey = new Journey(person, randomOf(`journey/${prefix}/${person.number}`), begin, prefix);
    (behaviours.get(person) ?? live)(journey);
    return journey.deeds;
  });
  const until = now.toISOString();
  return {
    begin: new Date(begin).toISOString(),
    end: until,
    people,
    curiosities: { onlyClicks, sharedMailbox, longAgo },
    touchpoints: happened(
      journeys.flatMap((deeds) => deeds.touchpoints),
      (touch) => touch.occurredAt,
      until,
    ),
    checkIns: happened(
      journeys.flatMap((deeds) => deeds.checkIns),
      (checkIn) => checkIn.checkedInAt,
      until,
    ),
    scans: happened(
      journeys.flatMap((deeds) => deeds.scans),
      (scan) => scan.at,
      until,
    ),
    ...livePart(people, prefix),
  };
}

/** What lies in the past, oldest first; at one moment in the order given. */
const happened = <Deed>(deeds: Deed[], timeOf: (deed: Deed) => string, until: string): Deed[] =>
  deeds
    .filter((deed) => timeOf(deed) <= until)
    .sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : timeOf(a) > timeOf(b) ? 1 : 0));

function livePart(people: Person[], prefix: string): Pick<Quarter, "liveForms" | "botForm" | "liveMailing"> {
  const interested = (["evaluating", "engaged", "curious"] as const).flatMap((interest) =>
    people.filter((person) => person.interest === interest),
  );
  const utm = ({ id, name, source, medium }: (typeof campaigns)["search"]) => ({
    utm_id: id,
    utm_campaign: name,
    utm_source: source,
    utm_medium: medium,
  });
  const liveForms = interested.slice(0, 4).map((person, index): LiveForm => {
    const submission = {
      submission_id: `${prefix}-live-${person.number}`,
      email: person.email,
      ...utm(campaigns.search),
    };
    const company = person.company.name;
    // One form builder asks for the name in two fields, another in one.
    return index % 2 === 0
      ? {
          formId: "demo-request",
          fields: {
            ...submission,
            first_name: person.firstName,
            last_name: person.lastName,
            company,
            job_title: person.jobTitle,
            message: demoWish(index, 12 * (index + 1)),
          },
        }
      : {
          formId: "contact",
          fields: { ...submission, "your-name": `${person.firstName} ${person.lastName}`, company },
        };
  });
  const botForm = {
    formId: "contact",
    fields: {
      email: "best.offers@cheap-clicks.test",
      name: "Best Offers",
      message: "Buy visitors at https://cheap-clicks.test",
      _gotcha: "https://cheap-clicks.test",
    },
  };
  const lastIssue = schedule.issues.length;
  const liveMailing = {
    url: `${site}/brief/${lastIssue}`,
    message: `brief-${lastIssue}`,
    campaign: campaigns.newsletter,
    recipients: interested.slice(1, 7).map(({ email }) => email),
  };
  return { liveForms, botForm, liveMailing };
}
