import { afterAll, describe, expect, test } from "vitest";
import { functionNames, pascalCase } from "../../infra/functions.ts";
import type { FunctionName } from "../../shared/http/routes.ts";
import { synthesizeForTest } from "./synthesized.ts";

const app = synthesizeForTest();
afterAll(() => app.remove());

interface Statement {
  actions: string[];
  resources: unknown[];
  leadingKeys: string[] | undefined;
  guarded: boolean;
}

const listed = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** All that one role allows. */
function statementsOf(roleId: string): Statement[] {
  const role = app.properties(roleId);
  expect(role.ManagedPolicyArns).toBeUndefined();
  return role.Policies.flatMap(({ PolicyDocument }: { PolicyDocument: { Statement: unknown[] } }) =>
    // biome-ignore lint/suspicious/noExplicitAny: IAM's JSON
    PolicyDocument.Statement.map((statement: any) => ({
      actions: listed<string>(statement.Action),
      resources: listed(statement.Resource),
      leadingKeys: statement.Condition?.["ForAllValues:StringLike"]?.["dynamodb:LeadingKeys"],
      guarded: statement.Condition?.Null?.["dynamodb:LeadingKeys"] === "false",
    })),
  );
}

const roleOf = (name: FunctionName): string =>
  app.properties(`${pascalCase(name)}Function`).Role["Fn::GetAtt"][0];
const rights = new Map(functionNames.map((name) => [name, statementsOf(roleOf(name))]));
const tableArn = JSON.stringify({ "Fn::GetAtt": ["Table", "Arn"] });
const onTable = (statement: Statement) => statement.resources.some((it) => JSON.stringify(it) === tableArn);

/** The functions that may do `action` in a partition. */
const allowed = (action: string, key: string): FunctionName[] =>
  functionNames.filter((name) =>
    rights
      .get(name)
      ?.some(
        (it) =>
          onTable(it) && it.actions.includes(action) && (!it.leadingKeys || it.leadingKeys.includes(key)),
      ),
  );

describe("roles", () => {
  test("each function has its own, and no policy stands anywhere else", () => {
    expect(new Set(functionNames.map(roleOf)).size).toBe(functionNames.length);
    // The one more is the schedules'.
    expect(app.resources("AWS::IAM::Role").length).toBe(functionNames.length + 1);
    expect(app.resources("AWS::IAM::Policy")).toEqual([]);
    expect(app.resources("AWS::IAM::ManagedPolicy")).toEqual([]);
  });

  test("no action has a wildcard, no resource is everything", () => {
    const all = app.resources("AWS::IAM::Role").flatMap(([id]) => statementsOf(id));
    expect(all.length).toBeGreaterThan(functionNames.length);
    expect(all.flatMap((it) => it.actions).filter((action) => action.includes("*"))).toEqual([]);
    expect(all.flatMap((it) => it.resources).filter((resource) => typeof resource === "string")).toEqual([]);
  });

  test.each(functionNames)("%s reaches the table only by named partitions, and cannot scan", (name) => {
    const statements = rights.get(name)?.filter(onTable) ?? [];
    expect(statements.length).toBeGreaterThan(0);
    for (const statement of statements) {
      expect(statement.leadingKeys?.length).toBeGreaterThan(0);
      expect(statement.leadingKeys).not.toContain("*");
      expect(statement.guarded).toBe(true);
      expect(statement.actions).not.toContain("dynamodb:Scan");
    }
  });

  test("the schedules' may invoke the functions that have schedules, and do nothing else", () => {
    const schedules = app.resources("AWS::Scheduler::Schedule").map(([, { Target }]) => Target);
    const invoked = [...new Map(schedules.map(({ Arn }) => [JSON.stringify(Arn), Arn])).values()];
    expect(invoked).toHaveLength(3);
    for (const { RoleArn } of schedules) {
      const [statement, ...others] = statementsOf(RoleArn["Fn::GetAtt"][0]);
      expect(others).toEqual([]);
      expect(statement?.actions).toEqual(["lambda:InvokeFunction"]);
      expect(statement?.resources).toHaveLength(invoked.length);
      expect(statement?.resources).toEqual(expect.arrayContaining(invoked));
    }
  });
});

/** Those that take items from senders, and those that go on with what they took. */
const knowsSenders: FunctionName[] = [
  "form-fill",
  "event-check-in",
  "collect",
  "webhook",
  "look-up",
  "import",
];
/** Those that make or check what is signed, and those that look for erased people, whose ids are made in a secret namespace. */
const keepsSecrets: FunctionName[] = [
  ...knowsSenders,
  "email-click",
  "process",
  "dead-letter",
  "nightly",
  "api",
  "deliver",
  "what-if",
];
/** Those that make people leads, and all that judge them, also to see what would be. */
const makeLeads: FunctionName[] = ["nightly", "fast-track"];
const judge: FunctionName[] = [...makeLeads, "what-if"];

describe("partitions", () => {
  test.each<[action: string, partition: string, functions: FunctionName[]]>([
    ["dynamodb:Query", "secret", keepsSecrets],
    [
      "dynamodb:GetItem",
      "config",
      [
        ...knowsSenders,
        ...judge,
        "process",
        "api",
        "deliver",
        "watch-sources",
        "watch-hand-off",
        "authorizer",
      ],
    ],
    ["dynamodb:Query", "person#*", [...judge, "api", "dead-letter", "deliver", "watch-hand-off"]],
    ["dynamodb:Query", "run", ["nightly", "api", "deliver", "watch-hand-off"]],
    ["dynamodb:Query", "active#*", ["nightly", "what-if"]],
    ["dynamodb:Query", "held#*", ["nightly"]],
    ["dynamodb:Query", "deal#*", ["nightly", "api"]],
    ["dynamodb:BatchWriteItem", "deal#*", ["nightly", "api"]],
    ["dynamodb:PutItem", "deal#*", ["nightly"]],
    ["dynamodb:Query", "webhook#*", ["api", "deliver"]],
    ["dynamodb:PutItem", "webhook#*", ["deliver"]],
    ["dynamodb:UpdateItem", "webhook#*", []],
    ["dynamodb:Query", "what-if#*", ["api", "what-if", "nightly"]],
    ["dynamodb:PutItem", "what-if#*", ["api", "what-if"]],
    ["dynamodb:UpdateItem", "what-if#*", ["what-if"]],
    ["dynamodb:BatchWriteItem", "held#*", ["process", "dead-letter", "api"]],
    ["dynamodb:Query", "account#*", [...makeLeads, "api", "dead-letter", "deliver"]],
    ["dynamodb:Query", "outbox", ["nightly"]],
    ["dynamodb:Query", "quarantine#*", ["nightly", "api", "dead-letter"]],
    ["dynamodb:Query", "activity#*", ["api", "watch-sources"]],
    ["dynamodb:Query", "import", ["import", "api"]],
    ["dynamodb:Query", "suppressions", ["nightly", "process", "dead-letter", "api", "deliver"]],
    ["dynamodb:Query", "erasures", ["nightly", "api"]],
    ["dynamodb:PutItem", "suppressions", ["api"]],
    ["dynamodb:PutItem", "erasures", ["nightly", "api"]],
    ["dynamodb:UpdateItem", "erasures", ["nightly"]],
    ["dynamodb:DeleteItem", "suppressions", []],
    ["dynamodb:DeleteItem", "erasures", []],
    ["dynamodb:BatchWriteItem", "suppressions", []],
    ["dynamodb:PutItem", "secret", keepsSecrets],
    ["dynamodb:PutItem", "person#*", ["nightly", "fast-track", "deliver"]],
    ["dynamodb:PutItem", "config", ["api", "mint-key"]],
    ["dynamodb:PutItem", "run", ["nightly", "api"]],
    ["dynamodb:PutItem", "import", ["api"]],
    ["dynamodb:PutItem", "outbox", ["nightly", "fast-track"]],
    ["dynamodb:PutItem", "active#*", ["nightly", "fast-track"]],
    ["dynamodb:PutItem", "quarantine#*", ["process", "dead-letter", "nightly"]],
    ["dynamodb:BatchWriteItem", "person#*", ["process", "dead-letter", "nightly", "api", "fast-track"]],
    ["dynamodb:BatchWriteItem", "quarantine#*", ["nightly"]],
    ["dynamodb:BatchWriteItem", "active#*", ["process", "dead-letter", "api"]],
    ["dynamodb:BatchWriteItem", "account#*", ["process", "dead-letter", "nightly"]],
    ["dynamodb:BatchWriteItem", "activity#*", ["process", "dead-letter"]],
    ["dynamodb:PutItem", "activity#*", []],
    ["dynamodb:BatchWriteItem", "config", []],
    ["dynamodb:BatchWriteItem", "secret", []],
    ["dynamodb:UpdateItem", "person#*", ["nightly", "api", "watch-hand-off"]],
    ["dynamodb:UpdateItem", "run", ["nightly"]],
    ["dynamodb:UpdateItem", "import", ["import", "api"]],
    ["dynamodb:UpdateItem", "config", []],
    ["dynamodb:UpdateItem", "secret", []],
    ["dynamodb:DeleteItem", "outbox", ["nightly"]],
    ["dynamodb:DeleteItem", "quarantine#*", ["dead-letter", "nightly", "api"]],
    ["dynamodb:DeleteItem", "config", []],
    ["dynamodb:DeleteItem", "person#*", []],
    ["dynamodb:DeleteItem", "secret", []],
  ])("%s in %s: %j", (action, partition, functions) => {
    expect(allowed(action, partition).toSorted()).toEqual(functions.toSorted());
  });
});

describe("beside the table", () => {
  const may = (action: string, resource: unknown): FunctionName[] =>
    functionNames.filter((name) =>
      rights
        .get(name)
        ?.some(
          (it) =>
            it.actions.includes(action) &&
            it.resources.some((r) => JSON.stringify(r) === JSON.stringify(resource)),
        ),
    );
  const arn = (id: string) => ({ "Fn::GetAtt": [id, "Arn"] });
  const objects = (prefix: string) => ({ "Fn::Join": ["", [arn("ExportsBucket"), `/${prefix}/*`]] });

  test.each<[action: string, resource: unknown, functions: FunctionName[]]>([
    ["sqs:SendMessage", arn("TouchpointsQueue"), [...knowsSenders, "email-click", "api"]],
    ["sqs:ReceiveMessage", arn("TouchpointsQueue"), ["process"]],
    ["sqs:ReceiveMessage", arn("TouchpointsQueueDeadLetters"), ["dead-letter"]],
    ["sqs:SendMessage", arn("NightQueue"), ["nightly", "api"]],
    ["sqs:SendMessage", arn("FastTrackQueue"), ["process"]],
    ["sqs:ReceiveMessage", arn("FastTrackQueue"), ["fast-track"]],
    ["sqs:SendMessage", arn("WhatIfQueue"), ["what-if", "api", "nightly"]],
    ["sqs:ReceiveMessage", arn("WhatIfQueue"), ["what-if"]],
    [
      "sqs:SendMessage",
      arn("DeliveriesQueue"),
      ["nightly", "api", "deliver", "fast-track", "watch-sources", "watch-hand-off"],
    ],
    ["sqs:ReceiveMessage", arn("DeliveriesQueue"), ["deliver"]],
    ["sqs:ChangeMessageVisibility", arn("DeliveriesQueue"), ["deliver"]],
    ["sqs:ChangeMessageVisibility", arn("TouchpointsQueue"), []],
    ["sqs:ReceiveMessage", arn("NightQueue"), ["nightly"]],
    ["sqs:SendMessage", arn("ImportsQueue"), ["api"]],
    ["sqs:ReceiveMessage", arn("ImportsQueue"), ["import"]],
    ["s3:PutObject", objects("uploads"), ["api"]],
    ["s3:GetObject", objects("uploads"), ["import"]],
    ["s3:DeleteObject", objects("uploads"), ["import"]],
    ["s3:PutObject", objects("imports"), ["import"]],
    ["s3:GetObject", objects("imports"), ["api"]],
    ["s3:GetObject", objects("exports"), ["nightly", "api"]],
    ["s3:PutObject", objects("exports"), ["nightly"]],
    ["s3:GetObject", objects("quarantine"), ["nightly", "api"]],
    ["s3:PutObject", objects("quarantine"), ["process", "dead-letter", "nightly"]],
    ["s3:DeleteObject", objects("quarantine"), ["dead-letter", "nightly", "api"]],
    ["s3:DeleteObjectVersion", objects("quarantine"), ["dead-letter", "nightly", "api"]],
    ["s3:DeleteObjectVersion", objects("exports"), ["nightly"]],
    ["s3:DeleteObjectVersion", objects("imports"), ["nightly"]],
    ["s3:ListBucketVersions", arn("ExportsBucket"), ["dead-letter", "nightly", "import", "api"]],
    ["s3:DeleteObject", objects("exports"), ["nightly"]],
    ["s3:ListBucket", arn("ExportsBucket"), ["nightly", "import", "api"]],
    ["dynamodb:Query", { "Fn::Join": ["", [arn("Table"), "/index/leads"]] }, ["api", "watch-hand-off"]],
  ])("%s on %j: %j", (action, resource, functions) => {
    expect(may(action, resource).toSorted()).toEqual(functions.toSorted());
  });
});
