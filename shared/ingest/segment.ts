import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { badRequest, Problem } from "../http/problem.ts";
import { bodyBytes, maximumBodyBytes, parseBody } from "../request/body.ts";
import { segmentFindings } from "../segment/findings.ts";
import { type MessageType, messageTypes } from "../segment/message.ts";
import { at, text } from "../webhook/read.ts";
import { figuresOf, judgeFindings } from "./findings.ts";
import { type Intake, sendFacts } from "./intake.ts";
import type { Sender } from "./sender.ts";

/** Whether a request is one of the Segment HTTP API: of its routes, or of the short ones that browsers use. */
export const isSegmentRoute = (event: HttpEvent): boolean =>
  nameOf(event) === "batch" || nameOf(event) === "b" || typeOf(event) !== undefined;

/** `track` of `POST /v1/track`, `t` of `POST /v1/t`. */
const nameOf = ({ routeKey }: HttpEvent): string => routeKey.slice(routeKey.lastIndexOf("/") + 1);

function typeOf(event: HttpEvent): MessageType | undefined {
  const name = nameOf(event);
  return messageTypes.find((type) => name === type || name === type[0]);
}

async function readBody(event: HttpEvent): Promise<unknown> {
  const body = parseBody(bodyBytes(event), event.headers["content-type"]);
  if (body.kind !== "json")
    throw badRequest("not_json", "", "the body is a message or a batch of them, as JSON");
  return body.value;
}

/**
 * The write key in a body, of the batch or of its first message: where browsers have it that send as `text/plain`, which needs no
 * preflight but can set no header.
 */
export async function writeKeyInBody(event: HttpEvent): Promise<string | undefined> {
  const value = await readBody(event);
  return text(value, "writeKey") ?? text(value, "batch", 0, "writeKey");
}

/** More than this in one request and the work would outgrow what a function may do. Segment's own limit is 2,500. */
const maximumMessages = 10_000;

/** What a request may grow to when each of its messages gets the batch's context. */
const maximumSpread = 8 * maximumBodyBytes;

/**
 * The Segment HTTP API: takes a message or a batch and answers when all of it is durable. Libraries end the process on a 4xx, or
 * send for ever: so one bad message never fails its batch but goes to quarantine, and the answer is 200, which is what Segment's
 * own says. Throws a Problem where nothing can be read (400) or it is too much (413), and QueueUnavailable.
 */
export async function takeSegment(
  intake: Intake,
  event: HttpEvent,
  { source, headers }: Sender,
  now: Date,
): Promise<Answer> {
  const value = await readBody(event);
  limit(value);
  const findings = segmentFindings(value, {
    receivedAt: now.toISOString(),
    sourceType: source.type,
    events: source.events,
    type: typeOf(event),
    client: source.type === "public" ? browserOf(event) : undefined,
  });
  const judged = await judgeFindings(intake, findings, {
    source,
    // One for all routes: a library may send again in a batch what it first sent alone.
    route: "segment",
    receivedAt: now.toISOString(),
    contentType: "application/json",
  });
  await sendFacts(intake, judged.facts);
  return json(200, { success: true, ...figuresOf(judged) }, headers);
}

function limit(value: unknown): void {
  const batch = Array.isArray(value) ? value : at(value, "batch");
  if (!Array.isArray(batch)) return;
  if (batch.length > maximumMessages) {
    const detail = `at most ${maximumMessages} messages in a request; these are ${batch.length}`;
    throw new Problem({ status: 413, code: "too_many_items", detail });
  }
  if (JSON.stringify(at(value, "context") ?? null).length * batch.length > maximumSpread) {
    const detail = "the batch's context is too large for so many messages";
    throw new Problem({ status: 413, code: "context_too_large", field: "context", detail });
  }
}

/** What a web page's request says of the browser. */
function browserOf(event: HttpEvent): { userAgent?: string; ip: string } {
  const userAgent = event.headers["user-agent"]?.slice(0, 1024);
  return { ...(userAgent ? { userAgent } : {}), ip: event.requestContext.http.sourceIp };
}
