import middy, { type MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import type { Answer } from "../http/answer.ts";
import { Problem, type ProblemMembers, problemAnswer } from "../http/problem.ts";
import { failureOf, isOutage } from "../observe/failure.ts";
import { count, logger, publishCounts } from "../observe/observe.ts";
import { QueueUnavailable } from "../queue/queue.ts";
import { UnusableBody } from "../request/body.ts";
import { LookUpFailed } from "../webhook/adapter.ts";

export type HttpEvent = APIGatewayProxyEventV2;

const unavailable = { status: 503, retryAfter: 5 };

/** What a thrown error tells the caller. An unforeseen one tells nothing: it is in the log, under the request's id. */
export function problemOf(error: unknown, requestId: string): ProblemMembers {
  if (error instanceof Problem) return error.members;
  if (error instanceof UnusableBody) return { status: error.status, code: error.code, detail: error.detail };
  if (error instanceof QueueUnavailable) {
    return { ...unavailable, code: "queue_unavailable", detail: "not everything was taken; send it again" };
  }
  if (error instanceof LookUpFailed) {
    return {
      ...unavailable,
      code: "provider_unavailable",
      detail: "the provider could not be asked; try again",
    };
  }
  if (isOutage(error)) return { ...unavailable, code: "unavailable", detail: "try again in a moment" };
  return { status: 500, code: "internal", detail: `something went wrong on our side; quote ${requestId}` };
}

/** Logs what was not the caller's doing, and counts what was. */
export function reportProblem(event: HttpEvent, error: unknown, { status }: ProblemMembers): void {
  if (status < 500) {
    count({ Refused: 1 });
    return;
  }
  const { requestId } = event.requestContext;
  logger.error("request failed", { route: event.routeKey, requestId, ...failureOf(error) });
}

/** Turns what a handler throws into an answer. */
const answersProblems = (): MiddlewareObj<HttpEvent, Answer, Error, Context> => ({
  onError: (request) => {
    const problem = problemOf(request.error, request.event.requestContext.requestId);
    reportProblem(request.event, request.error, problem);
    request.response = problemAnswer(problem);
  },
});

/** Publishes what an invocation counted, however it ended. */
const publishesCounts = (): MiddlewareObj<HttpEvent, Answer, Error, Context> => ({
  after: publishCounts,
  onError: publishCounts,
});

/** The edge of every HTTP function: the handler answers or throws a Problem. */
export const httpHandler = (handle: (event: HttpEvent) => Promise<Answer>) =>
  middy<HttpEvent, Answer>().use(publishesCounts()).use(answersProblems()).handler(handle);
