import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";

/** A problem as a caller sees it: RFC 9457 with the members `code`, `field` and what else helps to mend it. */
export interface ProblemMembers {
  status: number;
  /** One word for programs. */
  code: string;
  /** One sentence for people: which field, and why. */
  detail: string;
  field?: string;
  /** Seconds after which to try again; becomes `Retry-After`. */
  retryAfter?: number;
  headers?: Record<string, string>;
  /** Extension members, for example `rejected`. */
  more?: Record<string, unknown>;
}

/** Thrown where a request cannot be served; the handler's edge turns it into the answer. */
export class Problem extends Error {
  readonly members: ProblemMembers;

  constructor(members: ProblemMembers, options?: ErrorOptions) {
    super(`${members.status} ${members.code}`, options);
    this.name = "Problem";
    this.members = members;
  }
}

const titles: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  410: "Gone",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

export const titleOf = (status: number): string => titles[status] ?? "Error";

/** The answer that tells a problem. */
export function problemAnswer({
  status,
  code,
  detail,
  field,
  retryAfter,
  headers,
  more,
}: ProblemMembers): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
      ...headers,
    },
    body: JSON.stringify({
      type: "about:blank",
      title: titleOf(status),
      status,
      code,
      detail,
      field,
      ...more,
    }),
  };
}

export const notFound = (what: string): Problem =>
  new Problem({ status: 404, code: "not_found", detail: `there is no such ${what}` });

export const badRequest = (code: string, field: string, detail: string): Problem =>
  new Problem({ status: 400, code, field, detail });
