import middy, { type MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import type { Answer } from "../http/answer.ts";
import { Problem, type ProblemMembers, problemAnswer } from "../http/problem.ts";
import { count, logger, publishCounts } from "../observe/observe.ts";
import { QueueUnavailable } from "../queue/queue.ts";
import { UnusableBody } from "../request/body.ts";

export type HttpEvent = APIGatewayProxyEventV2;

/** What a thrown error tells the caller. An unforeseen one tells nothing: it is in the log, under the request's id. */
export function problemOf(error: Error | null | undefined, requestId: string): ProblemMembers {
  if (error instanceof Problem) return error.members;
  if (error instanceof UnusableBody) return { status: error.status, code: error.code, detail: error.detail };
  if (error instanceof QueueUnavailable) {
    return {
      status: 503,
      code: "queue_unavailable",
      detail: "nothing was taken; send it again",
      retryAfter: 5,
    };
  }
  return { status: 500, code: "internal", detail: `something went wrong on our side; quote ${requestId}` };
}

/** Turns what a handler throws into an answer, and logs what was not the caller's doing. */
const answersProblems = (): MiddlewareObj<HttpEvent, Answer, Error, Context> => ({
  onError: (request) => {
    const problem = problemOf(request.error, request.event.requestContext.requestId);
    if (problem.status >= 500) {
      logger.error("request failed", {
        route: request.event.routeKey,
        requestId: request.event.requestContext.requestId,
        errors: causes(request.error).map(({ name }) => name),
        stack: causes(request.error).at(-1)?.stack?.split("\n").slice(1, 6),
      });
    } else count({ Refused: 1 });
    request.response = problemAnswer(problem);
  },
});

/** An error and what caused it, outermost first. Their messages may quote data, so only names and places are logged. */
function causes(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causes(error.cause)] : [];
}

/** Publishes what an invocation counted, however it ended. */
const publishesCounts = (): MiddlewareObj<HttpEvent, Answer, Error, Context> => ({
  after: publishCounts,
  onError: publishCounts,
});

/** The edge of every HTTP function: the handler answers or throws a Problem. */
export const httpHandler = (handle: (event: HttpEvent) => Promise<Answer>) =>
  middy<HttpEvent, Answer>().use(publishesCounts()).use(answersProblems()).handler(handle);
