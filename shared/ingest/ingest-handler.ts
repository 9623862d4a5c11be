import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { type HttpEvent, httpHandler, problemOf } from "../edge/http-handler.ts";
import { noContent } from "../http/answer.ts";
import { Problem } from "../http/problem.ts";
import type { Intake } from "./intake.ts";
import { authenticateSender, preflightHeaders, type Sender } from "./sender.ts";

/** What a route does with a request whose sender is known. */
export type Take = (
  event: HttpEvent,
  sender: Sender,
  now: Date,
) => Promise<APIGatewayProxyStructuredResultV2>;

/**
 * The shape every ingest route has: preflight, sender, then its own work. A page in a browser can read refusals too, so
 * they carry the sender's CORS headers.
 */
export const ingestHandler = (intake: Intake, take: Take) =>
  httpHandler(async (event) => {
    const now = new Date();
    if (event.requestContext.http.method === "OPTIONS") {
      return noContent(await preflightHeaders(event, intake.senders, now));
    }
    const sender = await authenticateSender(event, intake.senders, now);
    try {
      return await take(event, sender, now);
    } catch (error) {
      const members = problemOf(error as Error, event.requestContext.requestId);
      if (members.status === 500) throw error;
      throw new Problem({ ...members, headers: { ...members.headers, ...sender.headers } }, { cause: error });
    }
  });
