import { credentialsAt } from "../access/credentials.ts";
import {
  type Attempt,
  type Delivery,
  disabledBecause,
  type SentEvent,
  subscribes,
} from "../endpoint/endpoint.ts";
import { pauseAfter } from "../endpoint/pauses.ts";
import { signedHeaders } from "../endpoint/signature.ts";
import type { OutgoingEvent } from "../lead/event.ts";
import type { Receipt } from "../lead/receipt.ts";
import { type Queue, sendAll } from "../queue/queue.ts";
import {
  isDelivered,
  putAttempt,
  putDelivered,
  putGone,
  putSending,
  readEndpoint,
  readEndpointSecret,
  readEndpoints,
  readGoneAt,
  readSending,
} from "../store/endpoints.ts";
import { putLeadReceipt } from "../store/receipts.ts";
import { type PayloadSources, payloadOf } from "./payload.ts";
import type { Post } from "./post.ts";

/** What a delivery stands on. */
export interface Delivering extends PayloadSources {
  deliveries: Queue;
  clock: () => Date;
  post: Post;
  /** From 0 to under 1: what pauses are shortened by. */
  chance: () => number;
}

/** What becomes of a message: it is done, or comes back after so many seconds; undefined where it is to be set aside. */
export type Settled = "done" | { againAfter: number | undefined };

/**
 * Does what a message of the deliveries queue asks for: an event that was announced is handed on, one message for each endpoint that wants
 * to hear of it; each of those is delivered.
 * @param received how often the message was received, from 1
 */
export async function work(delivering: Delivering, body: string, received: number): Promise<Settled> {
  const message = JSON.parse(body) as OutgoingEvent | Delivery;
  if ("kind" in message) return deliver(delivering, message, received);
  await fanOut(delivering, message);
  return "done";
}

/**
 * Hands an event on to every endpoint that is enabled and subscribed. To whom it was handed on before it is not again: what is announced
 * twice is one event. Noted behind the sending, so that one that died in between sends twice rather than never.
 */
async function fanOut({ table, deliveries, clock }: Delivering, event: SentEvent): Promise<void> {
  const wanting = (await readEndpoints(table)).filter((endpoint) => subscribes(endpoint, event));
  for (const endpoint of wanting) {
    if (disabledBecause(endpoint, await readGoneAt(table, endpoint.id)) !== undefined) continue;
    if (await readSending(table, endpoint.id, event.id)) continue;
    const delivery: Delivery = { v: 1, kind: "delivery", endpoint: endpoint.id, event, sending: "first" };
    await sendAll(deliveries, [JSON.stringify(delivery)]);
    await putSending(table, endpoint.id, event, clock().toISOString());
  }
}

async function deliver(delivering: Delivering, message: Delivery, received: number): Promise<Settled> {
  const { table, clock } = delivering;
  const { event, sending } = message;
  const endpoint = await readEndpoint(table, message.endpoint);
  // Deleted meanwhile.
  if (!endpoint) return "done";
  if (await isDelivered(table, endpoint.id, event.id, sending)) return "done";
  const started = clock();
  const note = (
    ended: Date,
    told: Pick<Attempt, "outcome" | "status" | "error" | "nextAt">,
  ): Promise<void> => {
    const at = ended.toISOString();
    const durationMs = ended.getTime() - started.getTime();
    return putAttempt(table, endpoint.id, {
      v: 1,
      event,
      sending,
      attempt: received,
      at,
      durationMs,
      ...told,
    });
  };

  const because = disabledBecause(endpoint, await readGoneAt(table, endpoint.id));
  const { secrets } = credentialsAt(await readEndpointSecret(table, endpoint.id), started);
  // One without a secret is being deleted, and nothing is sent unsigned.
  if ((because !== undefined && event.type !== "webhook.test") || secrets.length === 0) {
    await note(clock(), { outcome: "disabled" });
    return "done";
  }
  const payload = await payloadOf(delivering, event, started);
  if (!payload) {
    await note(clock(), { outcome: "gone" });
    return "done";
  }
  // Nothing was sent, so it is no attempt.
  if (payload === "not_yet") return { againAfter: pauseAfter(received, delivering.chance()) };
  const headers = signedHeaders(event.id, clock().getTime(), payload.body, secrets);
  const reply = await delivering.post(endpoint.url, headers, payload.body);
  const ended = clock();
  if ("status" in reply && reply.status >= 200 && reply.status <= 299) {
    // Before the message is acknowledged: sales' clock starts here.
    if (event.type === "lead.created" && payload.lead) {
      const receipt: Receipt = { by: "webhook", at: ended.toISOString(), who: endpoint.id };
      await putLeadReceipt(table, payload.lead, receipt);
    }
    await putDelivered(table, endpoint.id, event.id, sending);
    await note(ended, { outcome: "delivered", ...reply });
    return "done";
  }
  if ("status" in reply && reply.status === 410) {
    // Standard Webhooks: a receiver that answers so wants to be asked no more.
    await putGone(table, endpoint.id, ended.toISOString());
    await note(ended, { outcome: "disabled", ...reply });
    return "done";
  }
  const pause = pauseAfter(received, delivering.chance());
  const next = pause && new Date(ended.getTime() + pause * 1000).toISOString();
  await note(ended, { outcome: next ? "failed" : "given_up", ...reply, ...(next && { nextAt: next }) });
  return { againAfter: pause };
}
