import { change, enqueue, recall, type Submission } from "./memory.ts";
import { quietly } from "./quietly.ts";

const firstWait = 5e3;
const longestWait = 36e5;
/** A request may outlive its page only with less than 64 KiB: https://fetch.spec.whatwg.org/#http-network-or-cache-fetch */
const outlivingLength = 6e4;

let addressOf: (formId: string) => string;
/** Taken, and not sent at all yet. */
let fresh: Submission[] = [];
/** Ids of those whose answer is awaited. */
const awaited = new Set<string>();
let failures = 0;
let timer: ReturnType<typeof setTimeout>;

/** Has what waits sent again after a while, longer after each failure. */
function sendLater(): void {
  clearTimeout(timer);
  timer = setTimeout(sendAll, Math.min(firstWait * 2 ** failures, longestWait));
}

/** Posts a submission; whether the server answered it for good, be it with a refusal. */
const post = async ({ formId, body }: Submission): Promise<boolean> => {
  const { status } = await fetch(addressOf(formId), {
    method: "POST",
    body: new URLSearchParams(body),
    keepalive: body.length < outlivingLength,
  });
  return status < 500 && status !== 429;
};

/** Sends whatever has no answer yet, and hears the answers. */
export const sendAll = quietly(() => {
  fresh = [];
  const failed = failures + 1;
  for (const item of recall().queue) {
    if (awaited.has(item.id)) continue;
    awaited.add(item.id);
    post(item)
      .catch(() => false)
      .then((answered) => {
        awaited.delete(item.id);
        failures = answered ? 0 : failed;
        if (!answered) return sendLater();
        change((memory) => {
          memory.queue = memory.queue.filter(({ id }) => id !== item.id);
        });
      });
  }
});

/**
 * Sends what was just taken in the way that a page can while it is being left. It hears no answer, so the submission waits
 * on: it is sent again from this page where that stays after all, or from the next one, and is the same touch.
 */
const sendLeaving = quietly(() => {
  const leaving = fresh;
  fresh = [];
  for (const { formId, body } of leaving) {
    sendLater();
    // Some people's browsers have no beacons.
    if (!navigator.sendBeacon?.(addressOf(formId), new URLSearchParams(body))) sendAll();
  }
});

/**
 * Takes a submission, and sends it as soon as the page's own listeners are through.
 * @param stays whether the page will be there to hear the answer, asked then
 */
export function deliver(item: Submission, stays: () => boolean): void {
  fresh.push(item);
  enqueue([item]);
  setTimeout(() => (stays() ? sendAll() : sendLeaving()));
}

/** Begins with what an earlier page left. */
export function beginDelivery(address: (formId: string) => string): void {
  addressOf = address;
  addEventListener("pagehide", sendLeaving);
  addEventListener("online", sendAll);
  sendAll();
}
