import { type HttpEvent, httpHandler, problemOf, reportProblem } from "../edge/http-handler.ts";
import { type Answer, noContent } from "../http/answer.ts";
import { type ProblemMembers, problemAnswer } from "../http/problem.ts";
import type { Intake } from "./intake.ts";
import { authenticateSender, preflightHeaders, type Sender } from "./sender.ts";

/** What a route does with a request whose sender is known. */
export type Take = (event: HttpEvent, sender: Sender, now: Date) => Promise<Answer>;

/**
 * The shape every ingest route has: preflight, sender, then its own work. A page in a browser can read refusals too, so
 * they carry the sender's CORS headers.
 * @param answerOf how a refusal is told, where it is not as a problem
 */
export const ingestHandler = (
  intake: Intake,
  take: Take,
  answerOf: (event: HttpEvent, problem: ProblemMembers) => Answer = (_, problem) => problemAnswer(problem),
) =>
  httpHandler(async (event) => {
    const now = new Date();
    if (event.requestContext.http.method === "OPTIONS") {
      return noContent(await preflightHeaders(event, intake.senders, now));
    }
    let headers: Record<string, string> = {};
    try {
      const sender = await authenticateSender(event, intake.senders, now);
      headers = sender.headers;
      return await take(event, sender, now);
    } catch (error) {
      const problem = problemOf(error, event.requestContext.requestId);
      reportProblem(event, error, problem);
      return answerOf(event, { ...problem, headers: { ...problem.headers, ...headers } });
    }
  });
