import type { Reason } from "../../../shared/policy/reason.ts";
import { type HandOffReport, readHandOff } from "./hand-off.ts";
import { LocalInstance } from "./local-instance.ts";
import {
  countCaught,
  type NightResult,
  runNight,
  type Tally,
  tallyEvidence,
  useStarterPolicy,
} from "./night.ts";
import type { Person } from "./people.ts";
import { inventQuarter } from "./quarter.ts";
import { liveWithLeads, type SalesResult } from "./sales.ts";
import { type OnProgress, type Sent, sendQuarter } from "./send.ts";

export interface DemoOptions {
  /** Where the instance answers. */
  url: string;
  seed: number;
  /** How many people; at least `fewestPeople`. */
  people: number;
  now: Date;
  onProgress?: OnProgress;
}

/** One person in a sentence: what they did, how much of it counts, and what holds the rest back. */
export interface Example {
  who: string;
  email: string;
  touches: number;
  counted: number;
  reasons: Reason[];
}

export interface DemoResult {
  url: string;
  /** The quarter, ISO 8601 UTC. */
  begin: string;
  end: string;
  policyVersion: number;
  sent: Sent;
  night: NightResult;
  /** What the timelines hold of everybody who was sent. */
  tally: Tally;
  /** Submissions of bots in quarantine, of this run and earlier ones. */
  caught: number;
  examples: Example[];
  /** What sales said of this night's leads. */
  sales: SalesResult;
  handOff: HandOffReport;
}

/**
 * Fills a running local instance with a quarter, runs a night and lets sales answer its leads, all through its HTTP API.
 * @throws DemoFailed in one line where no local instance answers, or it refuses something
 */
export async function fillDemo({ url, onProgress = () => {}, ...options }: DemoOptions): Promise<DemoResult> {
  const instance = new LocalInstance(url);
  await instance.expectLocal();
  const policyVersion = await useStarterPolicy(instance);
  const quarter = inventQuarter(options);
  const sent = await sendQuarter(instance, quarter, onProgress);
  await instance.drain();
  const night = await runNight(instance);
  // A touch's id begins with its contact's.
  const contactIds = new Set([...sent.touchIds].map((id) => id.split(".", 1)[0]!));
  const tally = await tallyEvidence(instance, [...contactIds]);
  const { onlyClicks, sharedMailbox, longAgo } = quarter.curiosities;
  const examples = [
    await exampleOf(instance, "only ever clicks", onlyClicks),
    await exampleOf(instance, "a shared mailbox", sharedMailbox),
    await exampleOf(instance, "was keen half a year ago", longAgo),
  ];
  const { begin, end } = quarter;
  const caught = await countCaught(instance);
  const ordinary = quarter.people.filter((person) => !Object.values(quarter.curiosities).includes(person));
  const customer = ordinary.find(({ interest }) => interest === "reader");
  const sales = await liveWithLeads(instance, night.exported, { begin, end, customer }, onProgress);
  await instance.drain();
  const handOff = await readHandOff(instance);
  return {
    url: instance.url,
    begin,
    end,
    policyVersion,
    sent,
    night,
    tally,
    caught,
    examples,
    sales,
    handOff,
  };
}

async function exampleOf(instance: LocalInstance, who: string, { email }: Person): Promise<Example> {
  const { items } = await instance.json<{ items: { id: string }[] }>(
    `/v1/contacts?email=${encodeURIComponent(email)}`,
    { key: "local-sales-key" },
  );
  const { touches, counted, notCounted } = await tallyEvidence(
    instance,
    items.map(({ id }) => id),
  );
  return { who, email, touches, counted, reasons: notCounted.map(([reason]) => reason) };
}
