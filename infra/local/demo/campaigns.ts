import type { Campaign } from "../../../shared/touchpoint/touch.ts";

/** The site of the company whose quarter this is. It makes temperature loggers for food and medicine in transit. */
export const site = "https://fernlight.example";

/** What its marketing ran in the quarter. */
export const campaigns = {
  newsletter: {
    id: "cold-chain-brief",
    name: "The Cold Chain Brief",
    source: "newsletter",
    medium: "email",
  },
  clinic: { id: "cold-chain-clinic", name: "Cold Chain Clinic", source: "webinar", medium: "email" },
  fair: { id: "frosttec-expo", name: "FrostTec Expo", source: "frosttec", medium: "event" },
  search: {
    id: "search-monitoring",
    name: "Search: temperature monitoring",
    source: "google",
    medium: "cpc",
  },
  guide: { id: "audit-guide", name: "Audit-ready guide", source: "linkedin", medium: "paid-social" },
  partner: {
    id: "meridian-partnership",
    name: "Meridian Systems partnership",
    source: "meridian-systems",
    medium: "referral",
  },
  launch: { id: "beacon-2-launch", name: "Beacon 2 launch", source: "launch-mail", medium: "email" },
  story: {
    id: "story-ice-harbour",
    name: "Customer story: Ice Harbour",
    source: "customer-story",
    medium: "email",
  },
  roadshow: { id: "breakfast-roadshow", name: "Breakfast roadshow", source: "roadshow", medium: "event" },
  /** Of the year before: what somebody answered who has been silent since. */
  pilot: { id: "pilot-programme", name: "Pilot programme", source: "newsletter", medium: "email" },
} as const satisfies Record<string, Campaign>;

/** A day of the quarter, from 0: its week (from 0) and its weekday (0 is Monday). */
export const dayOf = (week: number, weekday: number): number => week * 7 + weekday;

/** When what happened, as days of the quarter's thirteen weeks. */
export const schedule = {
  /** Every second Tuesday. */
  issues: [0, 2, 4, 6, 8, 10, 12].map((week) => dayOf(week, 1)),
  /** Thursdays. */
  clinics: [
    { day: dayOf(2, 3), topic: "Mapping a warehouse" },
    { day: dayOf(6, 3), topic: "Excursions and what to do" },
    { day: dayOf(10, 3), topic: "Release by data" },
  ],
  /** Tuesday and Wednesday. */
  fairDays: [dayOf(5, 1), dayOf(5, 2)],
  fairFollowUp: dayOf(6, 0),
  stories: [dayOf(3, 2), dayOf(9, 2)],
  launch: dayOf(8, 0),
  launchReminder: dayOf(9, 0),
  partnerWorkshop: dayOf(7, 3),
  roadshow: dayOf(4, 2),
} as const;

const demoWishes = [
  "We have {n} reefers on the road and our customers now ask for the temperature record with every delivery. Can you show how that looks?",
  "Our auditor wants the mapping of {n} cold rooms renewed by spring. I would like to see Beacon 2 and get an idea of the price.",
  "We lost two pallets last month because nobody saw the alarm at night. How do alerts reach the driver?",
  "Please show us how {n} loggers are calibrated without taking them out of service.",
  "We compare three suppliers until the end of the month. Does your system export to our ERP?",
  "Is there an interface for our transport management system? About {n} shipments a week.",
  "We take over a site with {n} freezers and need monitoring that passes inspection from day one.",
] as const;

/** What somebody writes into the form for a demonstration. */
export const demoWish = (choice: number, amount: number): string =>
  demoWishes[choice % demoWishes.length]!.replace("{n}", String(amount));

export const demoWishCount = demoWishes.length;
