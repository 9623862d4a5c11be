import { describe, expect, test } from "vitest";
import { UnsupportedTemplate } from "../../../infra/local/errors.ts";
import type { Resource } from "../../../infra/local/intrinsics.ts";
import { readTemplate } from "../../../infra/local/template.ts";

const functionArn = (logicalId: string) => ({ "Fn::GetAtt": [logicalId, "Arn"] });
const lambda = (name: string, Variables = {}): Resource => ({
  Type: "AWS::Lambda::Function",
  Properties: {
    FunctionName: name,
    Handler: "index.handler",
    Runtime: "nodejs24.x",
    Timeout: 10,
    MemorySize: 512,
    Environment: { Variables },
  },
});
const resources: Record<string, Resource> = {
  Role: { Type: "AWS::IAM::Role" },
  Queue: {
    Type: "AWS::SQS::Queue",
    Properties: {
      VisibilityTimeout: 60,
      RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": ["Dead", "Arn"] }, maxReceiveCount: 5 },
    },
  },
  Dead: { Type: "AWS::SQS::Queue", Properties: { QueueName: "the-dead", MessageRetentionPeriod: 1_209_600 } },
  ExportsBucket: { Type: "AWS::S3::Bucket", Properties: { VersioningConfiguration: { Status: "Enabled" } } },
  Table: {
    Type: "AWS::DynamoDB::Table",
    Properties: {
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
    },
  },
  Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "api", ProtocolType: "HTTP" } },
  Stage: {
    Type: "AWS::ApiGatewayV2::Stage",
    Properties: { ApiId: { Ref: "Api" }, StageName: "$default", AutoDeploy: true },
  },
  Handler: lambda("the-handler", {
    QUEUE: { Ref: "Queue" },
    TABLE: { Ref: "Table" },
    BUCKET: { Ref: "ExportsBucket" },
    URL: { "Fn::GetAtt": ["Api", "ApiEndpoint"] },
  }),
  Guard: lambda("the-guard"),
  Integration: {
    Type: "AWS::ApiGatewayV2::Integration",
    Properties: {
      ApiId: { Ref: "Api" },
      IntegrationType: "AWS_PROXY",
      IntegrationUri: functionArn("Handler"),
      PayloadFormatVersion: "2.0",
    },
  },
  Authorizer: {
    Type: "AWS::ApiGatewayV2::Authorizer",
    Properties: {
      ApiId: { Ref: "Api" },
      AuthorizerType: "REQUEST",
      AuthorizerPayloadFormatVersion: "2.0",
      EnableSimpleResponses: true,
      AuthorizerResultTtlInSeconds: 60,
      IdentitySource: ["$request.header.Authorization"],
      AuthorizerUri: {
        "Fn::Join": [
          "",
          [
            "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/",
            functionArn("Guard"),
            "/invocations",
          ],
        ],
      },
    },
  },
  Route: {
    Type: "AWS::ApiGatewayV2::Route",
    Properties: {
      ApiId: { Ref: "Api" },
      RouteKey: "GET /v1/me",
      Target: { "Fn::Join": ["", ["integrations/", { Ref: "Integration" }]] },
      AuthorizationType: "CUSTOM",
      AuthorizerId: { Ref: "Authorizer" },
    },
  },
  Mapping: {
    Type: "AWS::Lambda::EventSourceMapping",
    Properties: {
      FunctionName: { Ref: "Handler" },
      EventSourceArn: { "Fn::GetAtt": ["Queue", "Arn"] },
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 1,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ScalingConfig: { MaximumConcurrency: 10 },
    },
  },
  Nightly: {
    Type: "AWS::Scheduler::Schedule",
    Properties: {
      ScheduleExpression: "cron(0 4 * * ? *)",
      ScheduleExpressionTimezone: "Europe/Berlin",
      FlexibleTimeWindow: { Mode: "OFF" },
      Target: { Arn: functionArn("Handler"), Input: "{}", RoleArn: { "Fn::GetAtt": ["Role", "Arn"] } },
    },
  },
};
const addresses = { apiUrl: "http://127.0.0.1:3000", queueUrl: (name: string) => `http://sqs/${name}` };

describe("a template", () => {
  test("gives its stores before anything has an address", () => {
    expect(readTemplate({ Resources: resources }).stores).toEqual({
      tables: [
        {
          name: "Table",
          keySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
          attributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
          indexes: [],
        },
      ],
      queues: [
        {
          name: "Queue",
          visibilityTimeout: 60,
          messageRetentionPeriod: 345_600,
          redrive: { deadLetterQueueName: "the-dead", maxReceiveCount: 5 },
        },
        { name: "the-dead", visibilityTimeout: 30, messageRetentionPeriod: 1_209_600 },
      ],
      buckets: [{ name: "exportsbucket", versioned: true }],
    });
  });

  test("gives what runs, with the addresses filled in", () => {
    const { functions, ...rest } = readTemplate({ Resources: resources }).application(
      addresses,
      (id) => `/code/${id}`,
    );
    expect(functions[0]).toEqual({
      name: "the-handler",
      logicalId: "Handler",
      directory: "/code/Handler",
      handler: "index.handler",
      environment: {
        QUEUE: "http://sqs/Queue",
        TABLE: "Table",
        BUCKET: "exportsbucket",
        URL: "http://127.0.0.1:3000",
      },
      timeoutSeconds: 10,
      memoryMegabytes: 512,
      retries: 2,
    });
    expect(rest).toEqual({
      routes: [
        {
          routeKey: "GET /v1/me",
          functionName: "the-handler",
          timeoutMilliseconds: 30_000,
          authorizer: {
            id: "Authorizer",
            functionName: "the-guard",
            identitySource: ["$request.header.Authorization"],
            timeToLiveSeconds: 60,
          },
        },
      ],
      mappings: [
        {
          queueName: "Queue",
          queueArn: "arn:aws:sqs:us-east-1:000000000000:Queue",
          functionName: "the-handler",
          batchSize: 100,
          windowSeconds: 1,
          reportsItemFailures: true,
          maximumConcurrency: 10,
        },
      ],
      schedules: [
        {
          name: "Nightly",
          arn: "arn:aws:scheduler:us-east-1:000000000000:schedule/default/Nightly",
          expression: "cron(0 4 * * ? *)",
          timeZone: "Europe/Berlin",
          functionName: "the-handler",
          input: "{}",
        },
      ],
    });
  });

  test("leaves out what it switches off", () => {
    const off = {
      ...resources,
      Mapping: { ...resources.Mapping!, Properties: { ...resources.Mapping!.Properties, Enabled: false } },
      Nightly: { ...resources.Nightly!, Properties: { ...resources.Nightly!.Properties, State: "DISABLED" } },
    };
    const { mappings, schedules } = readTemplate({ Resources: off }).application(addresses, () => "");
    expect({ mappings, schedules }).toEqual({ mappings: [], schedules: [] });
  });

  test.each<[string, string, Partial<Resource>, string]>([
    ["an unknown type", "Stream", { Type: "AWS::Kinesis::Stream" }, "does not know AWS::Kinesis::Stream"],
    ["an unknown property", "Queue", { Properties: { FifoQueue: true } }, "does not know FifoQueue"],
    ["a condition", "Queue", { Condition: "Maybe" }, "no conditions"],
    ["another stage", "Stage", { Properties: { StageName: "v1" } }, 'StageName must be "$default"'],
    [
      "another payload format",
      "Integration",
      { Properties: { PayloadFormatVersion: "1.0" } },
      'must be "2.0"',
    ],
    ["another runtime", "Guard", { Properties: { Runtime: "python3.13" } }, "Node.js only"],
    ["another protocol", "Api", { Properties: { ProtocolType: "WEBSOCKET" } }, 'must be "HTTP"'],
    [
      "IAM on a route",
      "Route",
      { Properties: { AuthorizationType: "AWS_IAM" } },
      "AuthorizationType must be",
    ],
    [
      "a missing authorizer",
      "Route",
      { Properties: { AuthorizerId: "elsewhere" } },
      "authorizer is not in this template",
    ],
    [
      "policies for answers",
      "Authorizer",
      { Properties: { EnableSimpleResponses: false } },
      "EnableSimpleResponses",
    ],
    [
      "another identity",
      "Authorizer",
      { Properties: { IdentitySource: ["$context.path"] } },
      "$context.path",
    ],
    [
      "another event source",
      "Mapping",
      { Properties: { EventSourceArn: "arn:aws:kinesis:x" } },
      "no event source but SQS",
    ],
    ["a filter of events", "Mapping", { Properties: { FilterCriteria: {} } }, "does not know FilterCriteria"],
    [
      "a flexible window",
      "Nightly",
      { Properties: { FlexibleTimeWindow: { Mode: "FLEXIBLE" } } },
      "Mode must be",
    ],
  ])("with %s is refused", (_name, logicalId, change, message) => {
    const original = resources[logicalId];
    const Properties = { ...original?.Properties, ...change.Properties };
    const changed = { Type: "", ...original, ...change, Properties };
    const read = () =>
      readTemplate({ Resources: { ...resources, [logicalId]: changed } }).application(addresses, () => "");
    expect(read).toThrow(UnsupportedTemplate);
    expect(read).toThrow(message);
  });
});
