import { type Arrival, arrivalNow, isCampaign } from "./arrival.ts";

/** A form on its way, until the server has answered. */
export interface Submission {
  /** Sent along, so that however often it is sent it is one touch. */
  id: string;
  /** Milliseconds since 1970. */
  at: number;
  formId: string;
  /** The fields, URL-encoded: the same at every sending. */
  body: string;
}

/** What is known of this browser: in its first-party storage with consent, else only as long as the page lives. */
export interface Memory {
  /** The browser's id, only with consent. */
  id?: string;
  first?: Arrival;
  /** The last arrival that a campaign brought. */
  last?: Arrival;
  queue: Submission[];
}

const storageKey = "touchline";
const day = 864e5;
/** What is known of a browser begins anew after 13 months, the longest that the CNIL allows for measuring an audience. */
const forgetAfter = 395 * day;
const lastTouchFor = 90 * day;
const queuedFor = 7 * day;
const longestQueue = 20;

let memory: Memory = { queue: [] };
let consented = false;
const here = arrivalNow();

/** 128 random bits in hex; `randomUUID` is not there on pages without HTTPS. */
export const randomId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );

/** Global Privacy Control, a wish that the browser states for every site: https://www.w3.org/TR/gpc/ */
const wishesPrivacy = (): boolean =>
  !!(navigator as Navigator & { globalPrivacyControl?: boolean }).globalPrivacyControl;

/** What is stored; undefined where nothing is, where it is not ours, and where the browser lets nobody read it. */
function stored(): Memory | undefined {
  try {
    const value = JSON.parse(localStorage.getItem(storageKey)!) as Memory;
    return Array.isArray(value.queue) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Changes what is known. Other tabs store too, so what they stored is read first. */
export function change(make: (memory: Memory) => void): Memory {
  if (consented) memory = stored() || memory;
  make(memory);
  if (consented) {
    try {
      localStorage.setItem(storageKey, JSON.stringify(memory));
    } catch {
      // Full or forbidden: then it is known as long as the page lives.
    }
  }
  return memory;
}

/** What is known now. */
export const recall = (): Memory => change(() => {});

/** Enters the arrival on this page, and lets go of what is too old. */
function arrive(memory: Memory): void {
  const now = Date.now();
  if (!memory.first || now - memory.first.at > forgetAfter) {
    memory.first = here;
    delete memory.id;
  }
  if (isCampaign(here)) memory.last = here;
  else if (memory.last && now - memory.last.at > lastTouchFor) delete memory.last;
  if (consented && !memory.id) memory.id = randomId();
  memory.queue = memory.queue.filter((item) => now - item.at < queuedFor);
}

/** Adds to what is on its way; of too many the oldest go. */
export const enqueue = (items: readonly Submission[]): Memory =>
  change((memory) => {
    const known = memory.queue.map((item) => item.id);
    memory.queue = memory.queue.concat(items.filter((item) => !known.includes(item.id))).slice(-longestQueue);
  });

/** The person's answer, or what the page says it was. A general wish for privacy is stronger than a yes. */
export function setConsent(granted: boolean): void {
  consented = granted && !wishesPrivacy();
  const { queue } = memory;
  if (!consented) {
    memory = { queue };
    try {
      localStorage.removeItem(storageKey);
    } catch {
      // Nothing could be stored there either.
    }
  }
  change(arrive);
  enqueue(queue);
}

/**
 * Begins: with what the page says of consent, else with what was answered on an earlier page, of which the storage itself
 * is the sign.
 */
export function begin(said: string | undefined): void {
  setConsent(said ? said === "granted" : !!stored());
  addEventListener("storage", ({ key, newValue }) => {
    // Taken back in another tab.
    if (consented && newValue === null && (key === storageKey || key === null)) setConsent(false);
  });
}
