import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { authorizers } from "./authorizers.ts";
import type { Outcome } from "./function-instance.ts";
import { type CommonEvent, commonEvent, eventBody } from "./gateway-event.ts";
import { type GatewayResponse, gatewayMessage, interpret, send } from "./gateway-response.ts";
import { routeTable } from "./route-table.ts";
import type { RouteDefinition } from "./stack.ts";

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** API Gateway takes 10 MB. */
const largestBody = 10 * 1024 * 1024;

class BodyTooLarge extends Error {}

/**
 * Serves the template's routes as an API Gateway HTTP API with payload format 2.0 does, with its own answers for what
 * no function answers: 401, 403, 404, 413, 500 and 503, each `{"message": …}`.
 *
 * @param run invokes a function with JSON; never rejects
 */
export function gateway(
  routes: RouteDefinition[],
  run: (functionName: string, payload: string, requestId?: string) => Promise<Outcome>,
): RequestHandler {
  const match = routeTable(routes);
  const authorize = authorizers(run);

  const answer = async (request: IncomingMessage): Promise<GatewayResponse> => {
    const url = request.url ?? "";
    const mark = url.indexOf("?");
    const path = mark < 0 ? url : url.slice(0, mark);
    if (!path.startsWith("/")) return gatewayMessage(400, "Bad Request");
    const matched = match(request.method ?? "", path);
    if (!matched) return gatewayMessage(404, "Not Found");
    const { route, pathParameters } = matched;
    const requestId = randomUUID();
    const common = commonEvent({
      request,
      routeKey: route.routeKey,
      pathParameters,
      path,
      queryString: mark < 0 ? "" : url.slice(mark + 1),
      requestId,
      now: Date.now(),
    });
    // Read first: a connection whose body was left unread cannot be used again.
    const body = await read(request);
    const event = route.authorizer ? await authorized(route, common) : common;
    if ("status" in event) return event;
    const payload = JSON.stringify({ ...event, ...eventBody(body, common.headers["content-type"]) });
    const answered = await inTime(run(route.functionName, payload, requestId), route.timeoutMilliseconds);
    return { ...answered, headers: { ...answered.headers, "apigw-requestid": requestId } };
  };

  const authorized = async (
    route: RouteDefinition,
    event: CommonEvent,
  ): Promise<CommonEvent | GatewayResponse> => {
    const decision = await authorize(route.authorizer!, event);
    if (decision.kind === "unauthorized") return gatewayMessage(401, "Unauthorized");
    if (decision.kind === "denied") return gatewayMessage(403, "Forbidden");
    if (decision.kind === "failed") return gatewayMessage(500, "Internal Server Error");
    const requestContext = { ...event.requestContext, authorizer: { lambda: decision.context } };
    return { ...event, requestContext } as CommonEvent;
  };

  return (request, response) => {
    answer(request).then(
      (answered) => send(response, answered),
      (error: unknown) => {
        if (error instanceof BodyTooLarge) send(response, gatewayMessage(413, "Request Entity Too Large"));
        else response.destroy();
      },
    );
  };
}

/** The function's answer, or API Gateway's when it failed or takes longer than the integration may. */
async function inTime(outcome: Promise<Outcome>, milliseconds: number): Promise<GatewayResponse> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(resolve, milliseconds, "late");
  });
  const first = await Promise.race([outcome, late]);
  clearTimeout(timer);
  if (first === "late") return gatewayMessage(503, "Service Unavailable");
  if (first.ok) return interpret(first.payload);
  return first.failure.errorType === "RequestTooLarge"
    ? gatewayMessage(413, "Request Entity Too Large")
    : gatewayMessage(500, "Internal Server Error");
}

/**
 * Reads a body to its end. What is over the limit is thrown away rather than left unread: a client that is still
 * sending sees a reset connection instead of the answer.
 * @throws BodyTooLarge
 */
function read(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= largestBody) chunks.push(chunk);
      else chunks = [];
    });
    request.on("end", () => {
      if (size > largestBody) reject(new BodyTooLarge());
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    });
    request.on("error", reject);
    request.on("close", () => reject(new Error("the client went away")));
  });
}
