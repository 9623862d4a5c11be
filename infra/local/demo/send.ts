import { attendeeList } from "./attendee-list.ts";
import { campaigns } from "./campaigns.ts";
import type { LocalInstance } from "./local-instance.ts";
import { DemoFailed } from "./local-instance.ts";
import type { LiveForm, Quarter } from "./quarter.ts";

/** What was sent over one way, and what became of it. */
export interface Delivery {
  channel: string;
  /** The route it took. */
  way: string;
  sent: number;
  accepted: number;
  rejected: number;
}

export interface Sent {
  deliveries: Delivery[];
  /** Ids of the touches that were accepted, each once. */
  touchIds: Set<string>;
  /** Clicks on tracked links, of which only the redirect is seen. */
  clicks: number;
  /** Forms that went to quarantine. */
  caught: number;
}

interface Receipt {
  accepted: number;
  ids: string[];
  rejected: { index: number; code: string; field: string }[];
}

/** Told after each request: what is sent, how much of it, of how many. */
export type OnProgress = (what: string, done: number, total: number) => void;

/** As many items as one request carries: well within the mebibyte that the API takes. */
const atOnce = 200;

const chunks = <Item>(items: readonly Item[]): Item[][] =>
  Array.from({ length: Math.ceil(items.length / atOnce) }, (_, n) =>
    items.slice(n * atOnce, (n + 1) * atOnce),
  );

/** Sends a quarter the way its systems would: arrays from servers, a list from the fair, forms from the site, clicks from mails. */
export async function sendQuarter(
  instance: LocalInstance,
  quarter: Quarter,
  onProgress: OnProgress,
): Promise<Sent> {
  const sent: Sent = { deliveries: [], touchIds: new Set(), clicks: 0, caught: 0 };
  await sendTouchpoints(instance, quarter, sent, onProgress);
  await sendCheckIns(instance, quarter, sent, onProgress);
  await sendAttendeeList(instance, quarter, sent, onProgress);
  await fillForms(instance, quarter, sent, onProgress);
  await clickLinks(instance, quarter, sent, onProgress);
  return sent;
}

/** Adds to the line of a channel and a way. */
function count(
  sent: Sent,
  channel: string,
  way: string,
  outcome: Pick<Delivery, "sent" | "accepted" | "rejected">,
) {
  let line = sent.deliveries.find((one) => one.channel === channel && one.way === way);
  if (!line) {
    line = { channel, way, sent: 0, accepted: 0, rejected: 0 };
    sent.deliveries.push(line);
  }
  line.sent += outcome.sent;
  line.accepted += outcome.accepted;
  line.rejected += outcome.rejected;
}

function keep(sent: Sent, { ids }: Receipt) {
  for (const id of ids) sent.touchIds.add(id);
}

async function sendTouchpoints(
  instance: LocalInstance,
  { touchpoints }: Quarter,
  sent: Sent,
  onProgress: OnProgress,
) {
  let done = 0;
  for (const batch of chunks(touchpoints)) {
    const receipt = await instance.json<Receipt>("/v1/touchpoints", { key: "local-write-key", body: batch });
    keep(sent, receipt);
    const rejected = new Set(receipt.rejected.map(({ index }) => index));
    for (const [index, { channel }] of batch.entries()) {
      const refused = Number(rejected.has(index));
      count(sent, channel, "POST /v1/touchpoints", { sent: 1, accepted: 1 - refused, rejected: refused });
    }
    done += batch.length;
    onProgress("touchpoints", done, touchpoints.length);
  }
}

async function sendCheckIns(
  instance: LocalInstance,
  { checkIns }: Quarter,
  sent: Sent,
  onProgress: OnProgress,
) {
  let done = 0;
  for (const batch of chunks(checkIns)) {
    const receipt = await instance.json<Receipt>("/v1/check-ins", { key: "local-write-key", body: batch });
    keep(sent, receipt);
    const { accepted, rejected } = receipt;
    count(sent, "check_in", "POST /v1/check-ins, JSON", {
      sent: batch.length,
      accepted,
      rejected: rejected.length,
    });
    done += batch.length;
    onProgress("check-ins", done, checkIns.length);
  }
}

async function sendAttendeeList(
  instance: LocalInstance,
  { scans }: Quarter,
  sent: Sent,
  onProgress: OnProgress,
) {
  let done = 0;
  for (const batch of chunks(scans)) {
    const { id, name } = campaigns.fair;
    const receipt = await instance.json<Receipt>("/v1/check-ins", {
      key: "local-write-key",
      contentType: "text/csv",
      body: attendeeList(batch, { id, name }),
    });
    keep(sent, receipt);
    const { accepted, rejected } = receipt;
    count(sent, "check_in", "POST /v1/check-ins, CSV", {
      sent: batch.length,
      accepted,
      rejected: rejected.length,
    });
    done += batch.length;
    onProgress("attendees of the fair", done, scans.length);
  }
}

async function fillForms(instance: LocalInstance, quarter: Quarter, sent: Sent, onProgress: OnProgress) {
  const post = ({ formId, fields }: LiveForm) =>
    instance.json<Receipt>(`/v1/forms/${formId}`, {
      key: "local-form-key",
      body: new URLSearchParams(fields),
    });
  const way = "POST /v1/forms, urlencoded";
  for (const [index, form] of quarter.liveForms.entries()) {
    keep(sent, await post(form));
    count(sent, "form", way, { sent: 1, accepted: 1, rejected: 0 });
    onProgress("forms of the website", index + 1, quarter.liveForms.length);
  }
  // The answer looks like any other, for the bot to learn nothing: its id stands for no touch.
  await post(quarter.botForm);
  sent.caught += 1;
  count(sent, "form", `${way}, by a bot`, { sent: 1, accepted: 1, rejected: 0 });
}

/** What a reader's browser calls itself: a click by a program would be marked as a machine's. */
const browser =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

async function clickLinks(
  instance: LocalInstance,
  { liveMailing }: Quarter,
  sent: Sent,
  onProgress: OnProgress,
) {
  const { items } = await instance.json<{ items: { url: string }[] }>("/v1/links", {
    key: "local-read-key",
    body: liveMailing,
  });
  for (const { url } of items) {
    // By the path alone: the instance may be reached under another name than the one it puts into links.
    const response = await instance.send(new URL(url).pathname, { redirect: "manual", userAgent: browser });
    await response.arrayBuffer();
    if (response.status !== 302)
      throw new DemoFailed(`a tracked link answered ${response.status} instead of 302`);
    sent.clicks += 1;
    onProgress("clicks on tracked links", sent.clicks, items.length);
  }
  const clicks = { sent: items.length, accepted: items.length, rejected: 0 };
  count(sent, "email_click", "GET /c/…, tracked links", clicks);
}
