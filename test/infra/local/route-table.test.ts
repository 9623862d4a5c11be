import { describe, expect, test } from "vitest";
import { routeTable } from "../../../infra/local/route-table.ts";

const keys = [
  "GET /",
  "GET /v1/contacts",
  "GET /v1/contacts/{id}",
  "GET /v1/contacts/me",
  "POST /v1/contacts/{id}",
  "GET /v1/contacts/{id}/timeline",
  "GET /v1/exports/{runId}/files/{name}",
  "ANY /any/{x}",
  "DELETE /any/{x}",
  "GET /files/{path+}",
  "GET /files/{name}/info",
];
const match = routeTable(keys.map((routeKey) => ({ routeKey })));

describe("a route", () => {
  test.each([
    ["GET", "/", "GET /", undefined],
    ["GET", "/v1/contacts", "GET /v1/contacts", undefined],
    ["GET", "/v1/contacts/7", "GET /v1/contacts/{id}", { id: "7" }],
    ["GET", "/v1/contacts/me", "GET /v1/contacts/me", undefined],
    ["POST", "/v1/contacts/me", "POST /v1/contacts/{id}", { id: "me" }],
    ["GET", "/v1/contacts/me/timeline", "GET /v1/contacts/{id}/timeline", { id: "me" }],
    ["GET", "/v1/contacts/a%2Fb", "GET /v1/contacts/{id}", { id: "a/b" }],
    ["GET", "/v1/contacts/%E0%A4%A", "GET /v1/contacts/{id}", { id: "%E0%A4%A" }],
    [
      "GET",
      "/v1/exports/1/files/leads.csv",
      "GET /v1/exports/{runId}/files/{name}",
      { runId: "1", name: "leads.csv" },
    ],
    ["PUT", "/any/1", "ANY /any/{x}", { x: "1" }],
    ["DELETE", "/any/1", "DELETE /any/{x}", { x: "1" }],
    ["GET", "/files/a/b/c", "GET /files/{path+}", { path: "a/b/c" }],
    ["GET", "/files/a/info", "GET /files/{name}/info", { name: "a" }],
  ])("for %s %s is %s", (method, path, routeKey, pathParameters) => {
    expect(match(method, path)).toEqual({ route: { routeKey }, pathParameters });
  });

  test.each([
    ["GET", "/v1"],
    ["GET", "/v1/contacts/"],
    ["GET", "/v1/Contacts"],
    ["PUT", "/v1/contacts/7"],
    ["HEAD", "/v1/contacts"],
    ["GET", "//"],
  ])("does not match %s %s", (method, path) => {
    expect(match(method, path)).toBeUndefined();
  });

  test("named $default takes what no other takes", () => {
    const withDefault = routeTable([{ routeKey: "$default" }, { routeKey: "GET /a" }]);
    expect(withDefault("GET", "/a")?.route.routeKey).toBe("GET /a");
    expect(withDefault("GET", "/b")?.route.routeKey).toBe("$default");
  });
});
