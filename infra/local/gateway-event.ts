import type { IncomingMessage } from "node:http";
import type { APIGatewayProxyEventV2, APIGatewayRequestAuthorizerEventV2 } from "aws-lambda";
import { localAccount } from "./intrinsics.ts";
import { arn } from "./resources.ts";

/** A request that a route matched. */
export interface MatchedRequest {
  request: IncomingMessage;
  routeKey: string;
  pathParameters: Record<string, string> | undefined;
  path: string;
  queryString: string;
  requestId: string;
  /** Milliseconds since 1970. */
  now: number;
}

/** What the events of payload format 2.0 for a function and for its authorizer have in common. */
export type CommonEvent = Omit<APIGatewayProxyEventV2, "body" | "isBase64Encoded">;

/** Content types whose bodies API Gateway hands over as text; all else, and a body without type, is base64. */
const textual = /^(?:text\/|application\/(?:json|xml|javascript)\s*(?:;|$))/i;

/**
 * The event of payload format 2.0, without its body.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function commonEvent(matched: MatchedRequest): CommonEvent {
  const { request, routeKey, pathParameters, path, queryString, requestId, now } = matched;
  const { headers, cookies } = combinedHeaders(request);
  const query = queryString === "" ? undefined : queryParameters(queryString);
  const domainName = headers.host?.replace(/:\d+$/, "") ?? "localhost";
  return {
    version: "2.0",
    routeKey,
    rawPath: path,
    rawQueryString: queryString,
    ...(cookies && { cookies }),
    headers,
    ...(query && { queryStringParameters: query }),
    requestContext: {
      accountId: localAccount,
      apiId: "local",
      domainName,
      domainPrefix: domainName.split(".")[0]!,
      http: {
        method: request.method!,
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: sourceAddress(request),
        userAgent: headers["user-agent"] ?? "",
      },
      requestId,
      routeKey,
      stage: "$default",
      time: commonLogTime(now),
      timeEpoch: now,
    },
    ...(pathParameters && { pathParameters }),
  };
}

/** The body as the event carries it; nothing for a request without one. */
export function eventBody(
  body: Buffer,
  contentType: string | undefined,
): Pick<APIGatewayProxyEventV2, "body" | "isBase64Encoded"> {
  if (body.length === 0) return { isBase64Encoded: false };
  return contentType !== undefined && textual.test(contentType)
    ? { body: body.toString("utf8"), isBase64Encoded: false }
    : { body: body.toString("base64"), isBase64Encoded: true };
}

/** The event of an authorizer in payload format 2.0. */
export function authorizerEvent(
  event: CommonEvent,
  identitySource: string[],
): APIGatewayRequestAuthorizerEventV2 {
  const [method = "", path = ""] = event.routeKey.split(" ");
  return {
    type: "REQUEST",
    routeArn: arn("execute-api", `local/$default/${method}${path}`),
    identitySource,
    ...event,
  } as APIGatewayRequestAuthorizerEventV2;
}

/**
 * The values of an authorizer's identity sources; undefined if one is missing, for which API Gateway answers 401
 * without asking the authorizer.
 */
export function identityOf(event: CommonEvent, sources: string[]): string[] | undefined {
  const values = sources.map((source) => {
    const [, place, name = ""] = /^\$request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
    return place === "header" ? event.headers[name.toLowerCase()] : event.queryStringParameters?.[name];
  });
  return values.every((value) => value !== undefined && value !== "") ? (values as string[]) : undefined;
}

function combinedHeaders(request: IncomingMessage): {
  headers: Record<string, string>;
  cookies: string[] | undefined;
} {
  const headers: Record<string, string> = {};
  let cookies: string[] | undefined;
  const raw = request.rawHeaders;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase();
    const value = raw[index + 1]!;
    if (name === "cookie") cookies = [...(cookies ?? []), ...value.split(/;\s*/).filter(Boolean)];
    else headers[name] = name in headers ? `${headers[name]},${value}` : value;
  }
  const source = sourceAddress(request);
  headers["x-forwarded-for"] = headers["x-forwarded-for"]
    ? `${headers["x-forwarded-for"]}, ${source}`
    : source;
  headers["x-forwarded-port"] = String(request.socket.localPort ?? 0);
  headers["x-forwarded-proto"] = "http";
  return { headers, cookies };
}

const sourceAddress = (request: IncomingMessage): string =>
  (request.socket.remoteAddress ?? "127.0.0.1").replace(/^::ffff:/, "");

function queryParameters(queryString: string): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(queryString)) {
    parameters[name] = name in parameters ? `${parameters[name]},${value}` : value;
  }
  return parameters;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `21/Nov/2026:10:00:00 +0000`. */
function commonLogTime(now: number): string {
  const iso = new Date(now).toISOString();
  const month = months[Number(iso.slice(5, 7)) - 1];
  return `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
