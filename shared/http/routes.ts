/**
 * Every route of the HTTP API, once: infra makes the gateway's routes from it, the API function checks roles by it,
 * OpenAPI describes it.
 *
 * access: `open` needs nothing; `write-key` is checked by the function against the sources; a list of roles is
 * checked by the authorizer (is it a key?) and the function (may this key?). `admin` may do everything.
 */
export type Role = "read" | "sales" | "admin";

export type FunctionName =
  | "form-fill"
  | "event-check-in"
  | "email-click"
  | "collect"
  | "webhook"
  | "look-up"
  | "process"
  | "dead-letter"
  | "nightly"
  | "import"
  | "api"
  | "deliver"
  | "fast-track"
  | "what-if"
  | "watch-sources"
  | "watch-hand-off"
  | "authorizer"
  | "mint-key";

export interface Route {
  method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  path: string;
  function: FunctionName;
  access: "open" | "write-key" | readonly Role[];
}

const readers = ["read", "sales"] as const;

export const routes = [
  { method: "POST", path: "/v1/forms/{formId}", function: "form-fill", access: "write-key" },
  { method: "OPTIONS", path: "/v1/forms/{formId}", function: "form-fill", access: "open" },
  { method: "POST", path: "/v1/check-ins", function: "event-check-in", access: "write-key" },
  { method: "OPTIONS", path: "/v1/check-ins", function: "event-check-in", access: "open" },
  { method: "POST", path: "/v1/touchpoints", function: "collect", access: "write-key" },
  { method: "OPTIONS", path: "/v1/touchpoints", function: "collect", access: "open" },
  // The Segment HTTP API.
  { method: "POST", path: "/v1/batch", function: "collect", access: "write-key" },
  { method: "OPTIONS", path: "/v1/batch", function: "collect", access: "open" },
  { method: "POST", path: "/v1/track", function: "collect", access: "write-key" },
  { method: "OPTIONS", path: "/v1/track", function: "collect", access: "open" },
  { method: "POST", path: "/v1/identify", function: "collect", access: "write-key" },
  { method: "OPTIONS", path: "/v1/identify", function: "collect", access: "open" },
  { method: "POST", path: "/v1/page", function: "collect", access: "write-key" },
  { method: "OPTIONS", path: "/v1/page", function: "collect", access: "open" },
  { method: "POST", path: "/v1/screen", function: "collect", access: "write-key" },
  { method: "OPTIONS", path: "/v1/screen", function: "collect", access: "open" },
  { method: "POST", path: "/v1/group", function: "collect", access: "write-key" },
  { method: "OPTIONS", path: "/v1/group", function: "collect", access: "open" },
  { method: "POST", path: "/v1/alias", function: "collect", access: "write-key" },
  { method: "OPTIONS", path: "/v1/alias", function: "collect", access: "open" },
  // As the libraries in browsers call them.
  { method: "POST", path: "/v1/b", function: "collect", access: "write-key" },
  { method: "OPTIONS", path: "/v1/b", function: "collect", access: "open" },
  { method: "POST", path: "/v1/t", function: "collect", access: "write-key" },
  { method: "OPTIONS", path: "/v1/t", function: "collect", access: "open" },
  { method: "POST", path: "/v1/i", function: "collect", access: "write-key" },
  { method: "OPTIONS", path: "/v1/i", function: "collect", access: "open" },
  { method: "POST", path: "/v1/p", function: "collect", access: "write-key" },
  { method: "OPTIONS", path: "/v1/p", function: "collect", access: "open" },
  { method: "POST", path: "/v1/s", function: "collect", access: "write-key" },
  { method: "OPTIONS", path: "/v1/s", function: "collect", access: "open" },
  { method: "POST", path: "/v1/g", function: "collect", access: "write-key" },
  { method: "OPTIONS", path: "/v1/g", function: "collect", access: "open" },
  { method: "POST", path: "/v1/a", function: "collect", access: "write-key" },
  { method: "OPTIONS", path: "/v1/a", function: "collect", access: "open" },
  { method: "POST", path: "/beacon/v1/batch", function: "collect", access: "write-key" },
  { method: "POST", path: "/v1/webhooks/{provider}", function: "webhook", access: "write-key" },
  { method: "GET", path: "/c/{token}", function: "email-click", access: "open" },
  { method: "HEAD", path: "/c/{token}", function: "email-click", access: "open" },

  { method: "POST", path: "/v1/links", function: "api", access: ["read"] },
  { method: "POST", path: "/v1/link-tokens", function: "api", access: ["read"] },
  { method: "POST", path: "/v1/touchpoints/{id}/verdict", function: "api", access: readers },
  { method: "GET", path: "/v1/contacts", function: "api", access: readers },
  { method: "GET", path: "/v1/contacts/{id}", function: "api", access: readers },
  { method: "DELETE", path: "/v1/contacts/{id}", function: "api", access: ["admin"] },
  { method: "GET", path: "/v1/contacts/{id}/timeline", function: "api", access: readers },
  { method: "GET", path: "/v1/contacts/{id}/evidence", function: "api", access: readers },
  { method: "GET", path: "/v1/contacts/{id}/export", function: "api", access: ["admin"] },
  { method: "POST", path: "/v1/contacts/{id}/unlink", function: "api", access: readers },
  { method: "DELETE", path: "/v1/contacts/{id}/unlink", function: "api", access: readers },
  { method: "GET", path: "/v1/accounts/{domain}", function: "api", access: readers },
  { method: "GET", path: "/v1/leads", function: "api", access: readers },
  { method: "GET", path: "/v1/leads/{id}", function: "api", access: readers },
  { method: "POST", path: "/v1/leads/{id}/feedback", function: "api", access: ["sales"] },
  { method: "POST", path: "/v1/feedback", function: "api", access: ["sales"] },
  { method: "GET", path: "/v1/handoff", function: "api", access: readers },
  { method: "POST", path: "/v1/deals", function: "api", access: ["sales"] },
  { method: "PUT", path: "/v1/deals/{id}", function: "api", access: ["sales"] },
  { method: "GET", path: "/v1/deals/{id}", function: "api", access: readers },
  { method: "POST", path: "/v1/exports", function: "api", access: ["admin"] },
  { method: "GET", path: "/v1/exports", function: "api", access: readers },
  { method: "GET", path: "/v1/exports/{runId}", function: "api", access: readers },
  { method: "GET", path: "/v1/exports/{runId}/files/{name}", function: "api", access: readers },
  { method: "GET", path: "/v1/policy", function: "api", access: readers },
  { method: "PUT", path: "/v1/policy", function: "api", access: ["sales"] },
  { method: "POST", path: "/v1/policies", function: "api", access: ["sales"] },
  { method: "GET", path: "/v1/policies", function: "api", access: readers },
  { method: "GET", path: "/v1/policies/{version}", function: "api", access: readers },
  { method: "POST", path: "/v1/policies/{version}/approve", function: "api", access: ["sales"] },
  { method: "POST", path: "/v1/policies/{version}/what-if", function: "api", access: readers },
  { method: "GET", path: "/v1/policies/{version}/what-if", function: "api", access: readers },
  { method: "GET", path: "/v1/settings", function: "api", access: readers },
  { method: "PUT", path: "/v1/settings", function: "api", access: ["admin"] },
  { method: "GET", path: "/v1/quarantine", function: "api", access: ["admin"] },
  { method: "GET", path: "/v1/quarantine/{id}", function: "api", access: ["admin"] },
  { method: "DELETE", path: "/v1/quarantine/{id}", function: "api", access: ["admin"] },
  { method: "POST", path: "/v1/quarantine/replay", function: "api", access: ["admin"] },
  { method: "POST", path: "/v1/imports", function: "api", access: ["admin"] },
  { method: "GET", path: "/v1/imports", function: "api", access: ["admin"] },
  { method: "GET", path: "/v1/imports/{id}", function: "api", access: ["admin"] },
  { method: "POST", path: "/v1/imports/{id}/start", function: "api", access: ["admin"] },
  { method: "GET", path: "/v1/imports/{id}/results", function: "api", access: ["admin"] },
  { method: "GET", path: "/v1/erasures", function: "api", access: ["admin"] },
  { method: "GET", path: "/v1/erasures/{id}", function: "api", access: ["admin"] },
  { method: "GET", path: "/v1/sources", function: "api", access: ["admin"] },
  { method: "POST", path: "/v1/sources", function: "api", access: ["admin"] },
  { method: "GET", path: "/v1/sources/{id}", function: "api", access: ["admin"] },
  { method: "PATCH", path: "/v1/sources/{id}", function: "api", access: ["admin"] },
  { method: "DELETE", path: "/v1/sources/{id}", function: "api", access: ["admin"] },
  { method: "POST", path: "/v1/webhook-endpoints", function: "api", access: ["admin"] },
  { method: "GET", path: "/v1/webhook-endpoints", function: "api", access: ["admin"] },
  { method: "GET", path: "/v1/webhook-endpoints/{id}", function: "api", access: ["admin"] },
  { method: "PATCH", path: "/v1/webhook-endpoints/{id}", function: "api", access: ["admin"] },
  { method: "DELETE", path: "/v1/webhook-endpoints/{id}", function: "api", access: ["admin"] },
  { method: "POST", path: "/v1/webhook-endpoints/{id}/test", function: "api", access: ["admin"] },
  { method: "GET", path: "/v1/webhook-endpoints/{id}/attempts", function: "api", access: ["admin"] },
  {
    method: "POST",
    path: "/v1/webhook-endpoints/{id}/attempts/{eventId}/retry",
    function: "api",
    access: ["admin"],
  },
  { method: "GET", path: "/v1/keys", function: "api", access: ["admin"] },
  { method: "POST", path: "/v1/keys", function: "api", access: ["admin"] },
  { method: "DELETE", path: "/v1/keys/{id}", function: "api", access: ["admin"] },
  { method: "GET", path: "/v1/me", function: "api", access: ["read", "sales", "admin"] },

  { method: "GET", path: "/e/{token}", function: "api", access: "open" },
  { method: "GET", path: "/touchline.js", function: "api", access: "open" },
  { method: "GET", path: "/healthz", function: "api", access: "open" },
  { method: "GET", path: "/openapi.json", function: "api", access: "open" },
  { method: "GET", path: "/", function: "api", access: "open" },
] as const satisfies readonly Route[];

type KeyOf<One> = One extends Route ? `${One["method"]} ${One["path"]}` : never;

/** `GET /v1/me`, as API Gateway names a route. */
export type RouteKey = KeyOf<(typeof routes)[number]>;

/** The routes that one function answers. */
export type RouteKeyOf<Name extends FunctionName> = KeyOf<
  Extract<(typeof routes)[number], { function: Name }>
>;

/** The route's name in API Gateway and in `event.routeKey`. */
export const routeKey = (route: Route): RouteKey => `${route.method} ${route.path}` as RouteKey;
