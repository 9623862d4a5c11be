import type { Json } from "./product.ts";

export const start = "2026-01-05T08:00:00.000Z";
const day = 24 * 60 * 60 * 1000;

/** Who has a part in it, and their addresses. */
export const emails: Record<string, string> = Object.fromEntries(
  ["Otto", "Ann", "Ben", "Cleo", "Dev", "Eli", "Fay", "Gus", "Hal", "Ivy"].map((name) => [
    name,
    `${name.toLowerCase()}@${name.toLowerCase()}.example`,
  ]),
);
/** Germans are Dana's, everybody else Kenji's. */
const germans = new Set(["Ann", "Ben", "Cleo", "Eli"]);

/** What somebody does once; the same however often the story is played. */
export const touch = (
  who: string,
  channel: string,
  campaign: string,
  occurredAt: string,
  more: Json = {},
): Json => {
  return {
    id: `${who} ${channel} ${occurredAt}`,
    channel,
    occurredAt,
    identifiers: { email: emails[who] },
    traits: {
      firstName: who,
      country: germans.has(who) ? "DE" : "JP",
      ...(who !== "Fay" && { company: `${who} Ltd` }),
    },
    campaign: { name: campaign },
    ...more,
  };
};

/** A form a day over as many days, and a check-in on the last: the channels that the definition asks for. */
export const series = (who: string, last: string, count: number, campaign = "Winter"): Json[] =>
  Array.from({ length: count }, (_, n) =>
    touch(
      who,
      n === count - 1 ? "check_in" : "form",
      campaign,
      new Date(Date.parse(last) - (count - 1 - n) * day).toISOString(),
    ),
  );

const calendar = { timeZone: "UTC", days: [1, 2, 3, 4, 5], from: "09:00", to: "17:00" };
/** What sales calls a lead in January. */
export const definition = {
  threshold: 4,
  minChannels: 2,
  windowDays: 60,
  requalifyAfterDays: 60,
  goLive: "2026-01-06T00:00:00Z",
  fastTrack: [{ name: "demo", channel: "form", asset: "demo-request" }],
  require: { traits: ["company"] },
  serviceLevel: { hours: 8, calendar },
  owners: [{ owner: "dana", country: "DE" }, { owner: "kenji" }],
};
