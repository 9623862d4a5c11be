import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";

export type Answer = APIGatewayProxyStructuredResultV2;

/** JSON, not to be kept by anything between us and the caller. */
export const json = (status: number, value: unknown, headers: Record<string, string> = {}): Answer => ({
  statusCode: status,
  headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  body: JSON.stringify(value),
});

/** A page without script; nothing on it may be loaded from anywhere, framed or guessed at. */
export const page = (status: number, html: string, headers: Record<string, string> = {}): Answer => ({
  statusCode: status,
  headers: {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy":
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    ...headers,
  },
  body: html,
});

/** @param location absolute; sent in its ASCII spelling, since a header cannot hold any other */
export const redirect = (
  status: 302 | 303,
  location: string,
  headers: Record<string, string> = {},
): Answer => ({
  statusCode: status,
  headers: {
    location: new URL(location).href,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    ...headers,
  },
});

export const noContent = (headers: Record<string, string> = {}): Answer => ({ statusCode: 204, headers });
