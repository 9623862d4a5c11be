import { campaigns, dayOf, demoWish, demoWishCount, schedule, site } from "./campaigns.ts";
import type { Journey } from "./journey.ts";
import type { Interest } from "./people.ts";

/** How likely somebody does what a person about to buy nearly always does. */
const appetites: Record<Interest, number> = {
  reader: 0.14,
  curious: 0.26,
  engaged: 0.42,
  evaluating: 0.92,
};

const brief = (issue: number) => ({
  id: `brief-${issue + 1}`,
  name: `The Cold Chain Brief, issue ${issue + 1}`,
  url: `${site}/brief/${issue + 1}`,
});
const story = {
  id: "ice-harbour",
  name: "How Ice Harbour passed its audit",
  url: `${site}/stories/ice-harbour`,
};
const launchPage = { id: "beacon-2", name: "Meet Beacon 2", url: `${site}/beacon-2` };
const demoForm = { id: "demo-request", name: "Demo request", url: `${site}/demo` };
const contactForm = { id: "contact", name: "Contact", url: `${site}/contact` };
const guideForm = { id: "audit-guide", name: "Audit-ready: the guide", url: `${site}/guides/audit-ready` };

/** A quarter of somebody's attention. Every day comes up, also those that have not been yet. */
export function live(journey: Journey): void {
  const { interest } = journey.person;
  const appetite = appetites[interest];
  readMail(journey, appetite);
  attendWebinars(journey, appetite);
  visitFair(journey, appetite);
  meetOnTheRoad(journey, appetite);
  fillForms(journey, appetite);
  if (interest === "evaluating" || interest === "engaged") talkToSales(journey, interest === "evaluating");
}

/** Somebody who clicks whatever comes, and does nothing else. */
export function onlyClick(journey: Journey): void {
  readMail(journey, 2);
}

function readMail(journey: Journey, appetite: number): void {
  const { random } = journey;
  for (const [issue, day] of schedule.issues.entries()) {
    if (random.chance(0.7 * appetite)) journey.click(day, campaigns.newsletter, brief(issue));
  }
  for (const day of schedule.stories) {
    if (!random.chance(0.5 * appetite)) continue;
    journey.click(day, campaigns.story, story);
    if (random.chance(0.5)) {
      journey.touch(day, journey.officeMinute(), {
        channel: "page",
        campaign: campaigns.story,
        asset: story,
      });
    }
  }
  for (const day of [schedule.launch, schedule.launchReminder]) {
    if (random.chance(0.55 * appetite)) journey.click(day, campaigns.launch, launchPage);
  }
}

function attendWebinars(journey: Journey, appetite: number): void {
  const { random } = journey;
  for (const [session, { day, topic }] of schedule.clinics.entries()) {
    if (!random.chance(0.5 * appetite)) continue;
    const id = `clinic-${session + 1}`;
    const name = `Cold Chain Clinic: ${topic}`;
    const signUp = weekday(day - random.integer(2, 12));
    if (random.chance(0.4))
      journey.click(signUp, campaigns.clinic, { id: `${id}-invitation`, name: `Invitation: ${topic}` });
    journey.form(signUp, campaigns.clinic, { id: `${id}-registration`, name: `Registration: ${topic}` });
    // Held at two in the afternoon of each time zone; who is late is late by minutes.
    const at = 14 * 60 + random.integer(-6, 11);
    if (random.chance(0.4 + 0.4 * appetite)) journey.checkIn(day, at, { id, name }, campaigns.clinic);
  }
}

function visitFair(journey: Journey, appetite: number): void {
  const { random } = journey;
  if (!random.chance(0.55 * appetite)) return;
  const [first, second] = schedule.fairDays;
  const days = random.chance(0.3) ? [first, second] : [random.chance(0.6) ? first : second];
  for (const day of days) journey.scan(day, random.integer(9 * 60 + 20, 16 * 60 + 40), "Hall 4, B12");
  if (random.chance(0.35)) {
    journey.click(schedule.fairFollowUp, campaigns.fair, {
      id: "fair-thanks",
      name: "Thank you for your visit",
    });
  }
  if (random.chance(0.4)) {
    journey.touch(schedule.fairFollowUp + random.integer(1, 3), journey.officeMinute(), {
      channel: "call",
      direction: "outbound",
      campaign: campaigns.fair,
      asset: { name: "Follow-up call after the fair" },
    });
  }
}

function meetOnTheRoad(journey: Journey, appetite: number): void {
  const { random } = journey;
  if (random.chance(0.22 * appetite)) {
    const event = { id: "roadshow-breakfast", name: "Breakfast roadshow" };
    journey.checkIn(schedule.roadshow, random.integer(7 * 60 + 45, 8 * 60 + 40), event, campaigns.roadshow);
  }
  if (random.chance(0.2 * appetite)) {
    const name = "Registration: Meridian workshop";
    journey.form(weekday(schedule.partnerWorkshop - random.integer(3, 10)), campaigns.partner, {
      id: "partner-workshop",
      name,
    });
    const event = { id: "meridian-workshop", name: "Meridian workshop" };
    const at = random.integer(9 * 60, 9 * 60 + 25);
    if (random.chance(0.7)) journey.checkIn(schedule.partnerWorkshop, at, event, campaigns.partner);
  }
}

function fillForms(journey: Journey, appetite: number): void {
  const { random } = journey;
  if (random.chance(0.45 * appetite)) {
    journey.form(dayOf(random.integer(1, 10), random.integer(0, 4)), campaigns.guide, guideForm);
  }
  if (random.chance(0.2 * appetite)) {
    const wish = demoWish(random.integer(0, demoWishCount - 1), random.integer(6, 60));
    journey.form(dayOf(random.integer(0, 10), random.integer(0, 4)), campaigns.search, contactForm, {
      message: wish,
    });
  }
  if (appetite > 0.4 && random.chance(0.7 * appetite ** 2)) {
    const wish = demoWish(random.integer(0, demoWishCount - 1), random.integer(8, 240));
    journey.form(dayOf(random.integer(8, 11), random.integer(1, 4)), campaigns.launch, demoForm, {
      message: wish,
    });
  }
}

/** Talks come from the CRM and belong to no campaign. */
function talkToSales(journey: Journey, evaluating: boolean): void {
  const { random } = journey;
  const talks = evaluating ? random.integer(1, 3) : Number(random.chance(0.2));
  for (let talk = 0; talk < talks; talk++) {
    const day = dayOf(random.integer(4 + 2 * talk, 7 + 2 * talk), random.integer(0, 4));
    const channel = talk === 1 ? "call" : "meeting";
    const name = ["Discovery meeting", "Call about the requirements", "Technical meeting"][talk]!;
    journey.touch(day, journey.officeMinute(), { channel, asset: { name } });
  }
  const brochure = schedule.launch + random.integer(2, 4);
  if (evaluating || random.chance(0.5)) {
    journey.touch(brochure, 12 * 60, {
      channel: "direct_mail",
      direction: "outbound",
      campaign: campaigns.launch,
      asset: { id: "beacon-2-brochure", name: "Beacon 2 brochure" },
    });
  }
}

/** A shared mailbox that somebody answers diligently: enough for a lead, were it a person. */
export function answerForTheOffice(journey: Journey): void {
  readMail(journey, 1.2);
  for (const [session, { day, topic }] of schedule.clinics.entries()) {
    journey.form(weekday(day - 5), campaigns.clinic, {
      id: `clinic-${session + 1}-registration`,
      name: `Registration: ${topic}`,
    });
  }
  journey.form(dayOf(3, 0), campaigns.guide, guideForm);
  journey.form(dayOf(4, 3), campaigns.search, contactForm, {
    message: "Please send your price list to this address.",
  });
}

/** Was close to buying well before the quarter, half a year and more before its end, and has been silent since. */
export function wasInterestedOnce(journey: Journey): void {
  for (let week = -22; week <= -15; week++) {
    const asset = { id: `pilot-${week + 23}`, name: `Pilot programme, part ${week + 23}` };
    if (week % 3 === 0) journey.form(dayOf(week, 1), campaigns.pilot, asset);
    else journey.click(dayOf(week, 1), campaigns.pilot, asset);
  }
  journey.touch(dayOf(-15, 2), journey.officeMinute(), {
    channel: "meeting",
    asset: { name: "Pilot review" },
  });
}

/** The day itself, or the Friday before a weekend. */
const weekday = (day: number): number => day - Math.max(0, (((day % 7) + 7) % 7) - 4);
