import * as z from "zod/mini";
import { mayUse } from "../access/access-key.ts";
import type { HttpEvent } from "../edge/http-handler.ts";
import { badRequest, Problem } from "../http/problem.ts";
import { type Role, routeKey, routes } from "../http/routes.ts";
import { bodyBytes, parseBody } from "../request/body.ts";
import { refusalOf } from "../request/refusal.ts";

/** Who asks, as the authorizer handed on. */
export interface Caller {
  role: Role;
  keyId: string;
}

const access = new Map(routes.map((route) => [routeKey(route) as string, route.access]));

/** The caller of a route, or a Problem 403 where its role may not use it. Open routes have none. */
export function callerOf(event: HttpEvent): Caller | undefined {
  const allowed = access.get(event.routeKey);
  if (typeof allowed !== "object") return undefined;
  const { lambda } = (event.requestContext as { authorizer?: { lambda?: Partial<Caller> } }).authorizer ?? {};
  const role = lambda?.role;
  if (!role || !mayUse(role, allowed)) {
    throw new Problem({
      status: 403,
      code: "forbidden_role",
      detail: `this needs a key with role ${[...allowed, "admin"].filter((one, i, all) => all.indexOf(one) === i).join(" or ")}`,
    });
  }
  return { role, keyId: lambda?.keyId ?? "" };
}

/** Validates a value against a schema; a Problem 400 names the first field that is wrong. */
export function valid<Schema extends z.core.$ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const { code, field, detail } = refusalOf(result.error.issues, "this");
  throw badRequest(code, field, detail);
}

/** The query string against a schema. */
export const validQuery = <Schema extends z.core.$ZodType>(
  schema: Schema,
  event: HttpEvent,
): z.output<Schema> => valid(schema, event.queryStringParameters ?? {});

/** The JSON body against a schema; an absent body is an empty object. */
export async function validBody<Schema extends z.core.$ZodType>(
  schema: Schema,
  event: HttpEvent,
): Promise<z.output<Schema>> {
  const bytes = bodyBytes(event);
  if (bytes.length === 0) return valid(schema, {});
  const body = parseBody(bytes, "application/json");
  if (body.kind !== "json") throw badRequest("not_json", "", "the body must be JSON");
  return valid(schema, body.value);
}

/** A path parameter; the gateway made sure that it is there. */
export const pathParameter = (event: HttpEvent, name: string): string => event.pathParameters?.[name] ?? "";
