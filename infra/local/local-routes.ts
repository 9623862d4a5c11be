import type { RequestHandler } from "./gateway.ts";
import { type GatewayResponse, gatewayMessage, send } from "./gateway-response.ts";
import type { Endpoints } from "./services.ts";

/** What a runtime tells about itself. */
export interface LocalStatus {
  endpoints: Endpoints;
  tableName: string;
  /** Messages in each queue. */
  queues: Record<string, number>;
  /** Requests to SQS since the start, by action. */
  queueRequests: Record<string, number>;
  functions: Record<string, { instances: number; active: number; invocations: number; failures: number }>;
}

const json = (status: number, value: unknown): GatewayResponse => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(value),
});

/**
 * Answers what is under `/_local`, and leaves all else to the gateway:
 * `GET /_local/status` and `POST /_local/drain`.
 */
export function withLocalRoutes(
  runtime: { status(): Promise<LocalStatus>; drain(): Promise<boolean> },
  gateway: RequestHandler,
): RequestHandler {
  const answer = async (route: string): Promise<GatewayResponse> => {
    if (route === "GET /_local/status") return json(200, await runtime.status());
    if (route !== "POST /_local/drain") return gatewayMessage(404, "Not Found");
    return (await runtime.drain())
      ? json(200, { drained: true })
      : json(503, { drained: false, ...(await runtime.status()) });
  };
  return (request, response) => {
    if (!request.url?.startsWith("/_local/")) return gateway(request, response);
    request.resume();
    const [path = ""] = request.url.split("?");
    answer(`${request.method} ${path}`).then(
      (answered) => send(response, answered),
      () => send(response, gatewayMessage(500, "Internal Server Error")),
    );
  };
}
