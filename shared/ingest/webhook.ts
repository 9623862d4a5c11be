import { isProvider } from "../access/provider.ts";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { badRequest, Problem } from "../http/problem.ts";
import { count } from "../observe/observe.ts";
import { openQueue, type Queue, sendAll } from "../queue/queue.ts";
import { bodyBytes } from "../request/body.ts";
import { parseJsonBytes } from "../request/json.ts";
import type { Refusal } from "../request/refusal.ts";
import { UnusableBody } from "../request/unusable-body.ts";
import { setting } from "../settings.ts";
import { CachedCredentials } from "../store/credentials.ts";
import { claimToken } from "../store/single-use.ts";
import { openTable, type Table } from "../store/table.ts";
import type { Finding } from "../touchpoint/finding.ts";
import { encodeMessages, type QuarantineFact } from "../touchpoint/message.ts";
import { hash16Of } from "../touchpoint/touch-id.ts";
import type { Credentials, Rejection, WebhookAdapter, WebhookRequest } from "../webhook/adapter.ts";
import { webhookAdapters } from "../webhook/adapters.ts";
import { type Arrival, figuresOf, judgeFindings } from "./findings.ts";
import { type Intake, maximumItems, openIntake, sendFacts } from "./intake.ts";
import { type Outside, outside } from "./outside.ts";
import type { Sender } from "./sender.ts";

/** What speaks with providers stands on. */
export interface ProviderIntake extends Intake {
  table: Table;
  credentials: CachedCredentials;
  outside: Outside;
}

export function openProviderIntake(): ProviderIntake {
  const table = openTable();
  return { ...openIntake(), table, credentials: new CachedCredentials(table), outside: outside() };
}

/** What takes webhooks stands on. */
export interface WebhookIntake extends ProviderIntake {
  /** Where items wait that a look-up completes. */
  lookUps: Queue;
  /** Certificates by their address: they never change. */
  certificates: Map<string, Promise<string | undefined>>;
}

export const openWebhookIntake = (): WebhookIntake => ({
  ...openProviderIntake(),
  lookUps: openQueue(setting("lookUpsQueue")),
  certificates: new Map(),
});

/**
 * `POST /v1/webhooks/{provider}`: checks that the request is the provider's, and answers when everything it says is durable.
 * Always 200: a provider that gets another 2xx may send it again (Mailgun), and one that gets a 4xx for an item it cannot mend
 * sends for a day (SendGrid) or drops it (Brevo). So what cannot be used goes to quarantine.
 */
export async function takeWebhook(
  intake: WebhookIntake,
  event: HttpEvent,
  { source }: Sender,
  now: Date,
): Promise<Answer> {
  const provider = event.pathParameters?.provider ?? "";
  if (!isProvider(provider))
    throw new Problem({ status: 404, code: "unknown_provider", detail: "no such provider" });
  if (source.kind !== provider) {
    const detail = `the write key is that of a source of kind ${source.kind ?? "none"}, not ${provider}`;
    throw new Problem({ status: 403, code: "wrong_kind", field: "writeKey", detail });
  }
  const adapter = webhookAdapters[provider];
  const request: WebhookRequest = { body: bodyBytes(event), headers: event.headers };
  const credentials = await verified(intake, adapter, source.id, request, now);
  const arrival: Arrival = {
    source,
    route: `webhooks/${provider}`,
    receivedAt: now.toISOString(),
    contentType: event.headers["content-type"] ?? "",
    headers: keptHeaders(adapter, event),
    body: request.body,
  };

  const read = readBody(request.body);
  if ("unusable" in read) return keepWhole(intake, arrival, { ...read.unusable, field: "" });
  const handshake = adapter.handshake?.(read.value, credentials);
  if (handshake && "answer" in handshake) return json(200, handshake.answer);
  if (handshake) {
    // Where the provider cannot be reached this is a 503, and it asks again.
    if ((await intake.outside.text(handshake.confirm)) !== undefined) return json(200, { confirmed: true });
    throw badRequest("not_confirmed", "", "the provider does not know this handshake, or no longer");
  }
  await claimed(intake, adapter, source.id, read.value, now);
  return takeFindings(intake, adapter, read.value, request, arrival);
}

async function takeFindings(
  intake: WebhookIntake,
  adapter: WebhookAdapter,
  value: unknown,
  request: WebhookRequest,
  arrival: Arrival,
): Promise<Answer> {
  const findings =
    Array.isArray(value) && value.length > maximumItems
      ? undefined
      : adapter.findings(value, request, arrival.source);
  if (!findings || findings.length > maximumItems) {
    const detail = `at most ${maximumItems} items in a request`;
    return keepWhole(intake, arrival, { code: "too_many_items", field: "", detail });
  }
  const judged = await judgeFindings(intake, findings, arrival);
  await sendFacts(intake, judged.facts);
  await sendLookUps(intake, judged.lookUps);
  return json(200, figuresOf(judged));
}

/** Keeps a body that is not read item by item. */
async function keepWhole(intake: WebhookIntake, arrival: Arrival, refusal: Refusal): Promise<Answer> {
  const { code, field, detail } = refusal;
  const finding: Finding = { item: undefined, refusal: { code, field, detail } };
  const judged = await judgeFindings(intake, [finding], arrival);
  await sendFacts(intake, judged.facts);
  return json(200, figuresOf(judged));
}

/** Each in a message of its own: one that fails must not hold up the others. */
export async function sendLookUps(
  { lookUps: queue }: Pick<WebhookIntake, "lookUps">,
  lookUps: readonly QuarantineFact[],
): Promise<void> {
  if (lookUps.length > 0)
    await sendAll(
      queue,
      lookUps.flatMap((fact) => encodeMessages([fact])),
    );
}

/**
 * The source's credentials, under which the request is the provider's. Throws Problem 401 where it is not. Credentials may have
 * been set a moment ago, so a request that fails is checked against what the table says now.
 */
async function verified(
  intake: WebhookIntake,
  adapter: WebhookAdapter,
  source: string,
  request: WebhookRequest,
  now: Date,
): Promise<Credentials> {
  const certificate = await certificateOf(intake, adapter, request);
  const kept = await intake.credentials.get(source, now.getTime());
  const first = adapter.verify(request, kept, now, certificate);
  if (!first) return kept;
  const renewed = await intake.credentials.renewed(source, now.getTime());
  const rejection = renewed === kept ? first : adapter.verify(request, renewed, now, certificate);
  if (!rejection) return renewed;
  throw rejected(rejection);
}

function rejected({ code, detail }: Rejection): Problem {
  count({ WebhookRejected: 1 });
  return new Problem({ status: 401, code, detail });
}

async function certificateOf(
  { certificates, outside }: WebhookIntake,
  adapter: WebhookAdapter,
  request: WebhookRequest,
): Promise<string | undefined> {
  const url = adapter.certificateUrl?.(request);
  if (url === undefined) return undefined;
  let certificate = certificates.get(url);
  if (!certificate) {
    // Whoever has the write key may name addresses of the provider's at will.
    if (certificates.size > 100) certificates.clear();
    certificate = outside.text(url);
    certificates.set(url, certificate);
    const forget = () => certificates.delete(url);
    certificate.then((text) => text ?? forget(), forget);
  }
  return certificate;
}

function keptHeaders(adapter: WebhookAdapter, { headers }: HttpEvent): Record<string, string> {
  return Object.fromEntries(
    adapter.headers.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value.slice(0, 1000)]];
    }),
  );
}

function readBody(body: Buffer): { value: unknown } | { unusable: UnusableBody } {
  try {
    return { value: parseJsonBytes(body) };
  } catch (error) {
    if (error instanceof UnusableBody) return { unusable: error };
    throw error;
  }
}

async function claimed(
  { table }: WebhookIntake,
  adapter: WebhookAdapter,
  source: string,
  value: unknown,
  now: Date,
): Promise<void> {
  const token = adapter.singleUseToken?.(value);
  if (token === undefined || (await claimToken(table, source, token, hash16Of(value), now))) return;
  throw rejected({
    code: "invalid_signature",
    detail: "this token was used for another item, and it is good for one",
  });
}
