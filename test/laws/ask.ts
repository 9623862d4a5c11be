import { type HttpEvent, problemOf } from "../../shared/edge/http-handler.ts";
import { problemAnswer } from "../../shared/http/problem.ts";
import { type Role, routeKey, routes } from "../../shared/http/routes.ts";
import type { Api } from "../../shared/query/api.ts";
import { answer } from "../../shared/query/operations.ts";
import { cachedPolicy } from "../../shared/store/policies.ts";
import { cachedSuppressions } from "../../shared/store/suppressions.ts";
import { intakeOf, nightOf, type World } from "./world.ts";

/** The query API of a world, which goes by the world's clock. Nothing works on imports there. */
export const apiOf = (world: World): Api => {
  const night = nightOf(world);
  return {
    ...night,
    policy: cachedPolicy(night.table),
    suppressed: cachedSuppressions(night.table, night.secrets),
    intake: { ...intakeOf(world), lookUps: world.lookUps },
    imports: world.lookUps,
  } as Api;
};

/** Who asks, and what with. */
export interface Asking {
  role?: Role;
  keyId?: string;
  body?: unknown;
  query?: Record<string, string>;
}

/** What is answered, its JSON read; a problem too. */
export interface Answered {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the API answered
  body: any;
}

/** Asks the API as the gateway does: `ask(api, "GET /v1/policies/3", { role: "read" })`. */
export async function ask(api: Api, request: string, asking: Asking = {}): Promise<Answered> {
  const { role = "sales", keyId = role, body, query = {} } = asking;
  const [method, path = ""] = request.split(" ");
  const found = routes
    .filter((route) => route.method === method)
    .map((route) => ({ route, pathParameters: parametersOf(route.path, path) }))
    // What is named stands before what is a parameter.
    .sort((a, b) => Object.keys(a.pathParameters ?? {}).length - Object.keys(b.pathParameters ?? {}).length)
    .find(({ pathParameters }) => pathParameters !== undefined);
  if (!found) throw new Error(`no route for ${request}`);
  const event = {
    routeKey: routeKey(found.route),
    rawPath: path,
    pathParameters: found.pathParameters,
    queryStringParameters: query,
    headers: { "content-type": "application/json" },
    requestContext: { requestId: "asked", authorizer: { lambda: { role, keyId } } },
    body: body === undefined ? undefined : JSON.stringify(body),
  } as unknown as HttpEvent;
  const answered = await answer(api, event).catch((error) => problemAnswer(problemOf(error, "asked")));
  const isJson = String(answered.headers?.["content-type"]).includes("json");
  return {
    status: answered.statusCode ?? 200,
    body: isJson && answered.body ? JSON.parse(answered.body) : answered.body,
  };
}

/** The parameters of a path, where it is one of a route's. */
function parametersOf(template: string, path: string): Record<string, string> | undefined {
  const pattern = template.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  const match = new RegExp(`^${pattern}$`).exec(path);
  return (
    (match?.groups &&
      Object.fromEntries(
        Object.entries(match.groups).map(([name, text]) => [name, decodeURIComponent(text)]),
      )) ??
    (match ? {} : undefined)
  );
}
