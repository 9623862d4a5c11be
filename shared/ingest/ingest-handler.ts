import type { Source } from "../access/source.ts";
import { type HttpEvent, httpHandler, problemOf, reportProblem } from "../edge/http-handler.ts";
import { type Answer, noContent } from "../http/answer.ts";
import { type ProblemMembers, problemAnswer } from "../http/problem.ts";
import { type Intake, sendTally } from "./intake.ts";
import { authenticatedSource, type KeyInBody, preflightHeaders, type Sender, senderOf } from "./sender.ts";

/** What a route does with a request whose sender is known. */
export type Take = (event: HttpEvent, sender: Sender, now: Date) => Promise<Answer>;

/**
 * The shape every ingest route has: preflight, sender, then its own work. A page in a browser can read refusals too, so
 * they carry the sender's CORS headers.
 * @param answerOf how a refusal is told, where it is not as a problem
 * @param keyInBody the write key in a body, where a route takes it there; asked only where nothing else in the request has one
 */
export const ingestHandler = (
  intake: Intake,
  take: Take,
  answerOf: (event: HttpEvent, problem: ProblemMembers) => Answer = (_, problem) => problemAnswer(problem),
  keyInBody?: KeyInBody,
) =>
  httpHandler(async (event) => {
    const now = new Date();
    if (event.requestContext.http.method === "OPTIONS") {
      return noContent(await preflightHeaders(event, intake.senders, now));
    }
    let source: Source | undefined;
    let headers: Record<string, string> = {};
    try {
      source = await authenticatedSource(event, intake.senders, now, keyInBody);
      const sender = senderOf(source, event);
      headers = sender.headers;
      return await take(event, sender, now);
    } catch (error) {
      const problem = problemOf(error, event.requestContext.requestId);
      reportProblem(event, error, problem);
      if (source && isRefusedWhole(problem)) {
        await sendTally(intake, {
          source: source.id,
          at: now.toISOString(),
          rejected: 1,
          ignored: 0,
          reason: problem.code,
        });
      }
      return answerOf(event, { ...problem, headers: { ...problem.headers, ...headers } });
    }
  });

/** Whether a request was refused before any of its items was: those are in the figures already. */
const isRefusedWhole = ({ status, more }: ProblemMembers): boolean => status < 500 && !more?.rejected;
