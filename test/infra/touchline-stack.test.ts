import { existsSync } from "node:fs";
import { join } from "node:path";
import { Match, Template } from "aws-cdk-lib/assertions";
import { afterAll, describe, expect, test } from "vitest";
import { functionNames, functions, pascalCase } from "../../infra/functions.ts";
import { pauses } from "../../shared/endpoint/pauses.ts";
import { synthesizeForTest } from "./synthesized.ts";

const app = synthesizeForTest({ timeZone: "Europe/Berlin", nightAt: "03:30" });
const template = Template.fromJSON(app.template);
afterAll(() => app.remove());

describe("functions", () => {
  test("there is one Lambda function for each, and no other", () => {
    const ids = app.resources("AWS::Lambda::Function").map(([id]) => id);
    expect(ids.toSorted()).toEqual(functionNames.map((name) => `${pascalCase(name)}Function`).toSorted());
  });

  test.each(functionNames)("%s runs its ES module on Node 24, arm64, with its own log group", (name) => {
    const logicalId = `${pascalCase(name)}Function`;
    const properties = app.properties(logicalId);
    expect(properties).toMatchObject({
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      FunctionName: `touchline-production-${name}`,
      Environment: { Variables: { NODE_OPTIONS: "--enable-source-maps" } },
    });
    expect(existsSync(join(app.codeDirectory(logicalId), "index.mjs"))).toBe(true);
    expect(existsSync(join(app.codeDirectory(logicalId), "index.mjs.map"))).toBe(true);

    const logGroup = app.template.Resources[properties.LoggingConfig.LogGroup.Ref];
    expect(logGroup).toMatchObject({
      Type: "AWS::Logs::LogGroup",
      DeletionPolicy: "Delete",
      Properties: { RetentionInDays: 30, LogGroupName: `/aws/lambda/touchline-production-${name}` },
    });
  });

  test("those that answer HTTP end before API Gateway gives up", () => {
    const answering = ["form-fill", "event-check-in", "email-click", "collect", "api", "authorizer"] as const;
    for (const name of answering)
      expect(app.properties(`${pascalCase(name)}Function`).Timeout).toBeLessThan(30);
  });

  test("none reserves concurrency: a new account has nothing to reserve", () => {
    const reserved = app
      .resources("AWS::Lambda::Function")
      .filter(([, properties]) => "ReservedConcurrentExecutions" in properties);
    expect(reserved).toEqual([]);
  });

  test("api and nightly know the address of the HTTP API, which knows no function", () => {
    const [api] = app.resources("AWS::ApiGatewayV2::Api");
    for (const id of ["ApiFunction", "NightlyFunction"]) {
      expect(app.properties(id).Environment.Variables.PUBLIC_URL).toEqual({
        "Fn::GetAtt": [api?.[0], "ApiEndpoint"],
      });
    }
    expect(JSON.stringify(api)).not.toContain("Function");
  });
});

describe("what is stored", () => {
  test("is retained under ids that never change, and nothing else is retained", () => {
    const retained = Object.entries(app.template.Resources)
      .filter(([, resource]) => resource.DeletionPolicy === "Retain")
      .map(([id, resource]) => [id, resource.Type, resource.UpdateReplacePolicy]);
    expect(retained.toSorted()).toEqual([
      ["DeliveriesQueue", "AWS::SQS::Queue", "Retain"],
      ["DeliveriesQueueDeadLetters", "AWS::SQS::Queue", "Retain"],
      ["ExportsBucket", "AWS::S3::Bucket", "Retain"],
      ["FastTrackQueue", "AWS::SQS::Queue", "Retain"],
      ["FastTrackQueueDeadLetters", "AWS::SQS::Queue", "Retain"],
      ["ImportsQueue", "AWS::SQS::Queue", "Retain"],
      ["ImportsQueueDeadLetters", "AWS::SQS::Queue", "Retain"],
      ["LookUpsQueue", "AWS::SQS::Queue", "Retain"],
      ["LookUpsQueueDeadLetters", "AWS::SQS::Queue", "Retain"],
      ["NightQueue", "AWS::SQS::Queue", "Retain"],
      ["NightQueueDeadLetters", "AWS::SQS::Queue", "Retain"],
      ["Table", "AWS::DynamoDB::Table", "Retain"],
      ["TouchpointsQueue", "AWS::SQS::Queue", "Retain"],
      ["TouchpointsQueueDeadLetters", "AWS::SQS::Queue", "Retain"],
      ["WhatIfQueue", "AWS::SQS::Queue", "Retain"],
      ["WhatIfQueueDeadLetters", "AWS::SQS::Queue", "Retain"],
    ]);
    template.resourceCountIs("AWS::DynamoDB::Table", 1);
    template.resourceCountIs("AWS::S3::Bucket", 1);
    template.resourceCountIs("AWS::SQS::Queue", 14);
  });

  test("table: on demand, restorable, guarded, encrypted, with expiry and the index of leads", () => {
    template.hasResourceProperties("AWS::DynamoDB::Table", {
      BillingMode: "PAY_PER_REQUEST",
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
      TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: "leads",
          KeySchema: [
            { AttributeName: "gsi1pk", KeyType: "HASH" },
            { AttributeName: "gsi1sk", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "ALL" },
        },
      ],
    });
  });

  test("bucket: private, encrypted, versioned; old versions go, what is current stays but for uploads and clicks", () => {
    template.hasResourceProperties("AWS::S3::Bucket", {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      VersioningConfiguration: { Status: "Enabled" },
    });
    const [rule, uploads, clicks, ...others] = app.properties("ExportsBucket").LifecycleConfiguration.Rules;
    expect(rule).toMatchObject({
      Status: "Enabled",
      NoncurrentVersionExpiration: { NoncurrentDays: 30 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    });
    expect(rule).not.toHaveProperty("ExpirationInDays");
    expect(uploads).toMatchObject({
      Status: "Enabled",
      Prefix: "uploads/",
      ExpirationInDays: 30,
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
    });
    expect(clicks).toMatchObject({ Status: "Enabled", Prefix: "clicks/", ExpirationInDays: 30 });
    expect(others).toEqual([]);
  });

  test("bucket and queues refuse what does not come over TLS", () => {
    const denied = { Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } };
    template.hasResourceProperties("AWS::S3::BucketPolicy", {
      Bucket: { Ref: "ExportsBucket" },
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike(denied)]) },
    });
    for (const [id] of app.resources("AWS::SQS::Queue")) {
      template.hasResourceProperties("AWS::SQS::QueuePolicy", {
        Queues: [{ Ref: id }],
        PolicyDocument: { Statement: [Match.objectLike(denied)] },
      });
    }
  });

  test("queues are encrypted; dead letters are kept longer than what may become one", () => {
    for (const [, properties] of app.resources("AWS::SQS::Queue"))
      expect(properties.SqsManagedSseEnabled).toBe(true);
    for (const id of ["TouchpointsQueue", "NightQueue", "ImportsQueue", "FastTrackQueue", "WhatIfQueue"]) {
      const queue = app.properties(id);
      const deadLetters = app.properties(`${id}DeadLetters`);
      expect(queue.RedrivePolicy).toEqual({
        deadLetterTargetArn: { "Fn::GetAtt": [`${id}DeadLetters`, "Arn"] },
        maxReceiveCount: 5,
      });
      expect(deadLetters.MessageRetentionPeriod).toBe(14 * 24 * 3600);
      expect(queue.MessageRetentionPeriod).toBeLessThan(deadLetters.MessageRetentionPeriod);
    }
  });

  test("a delivery is given up after as many attempts as its pauses make, and before its message is lost", () => {
    const queue = app.properties("DeliveriesQueue");
    expect(queue.RedrivePolicy.maxReceiveCount).toBe(pauses.length + 1);
    const seconds = pauses.reduce((sum, pause) => sum + pause, 0);
    expect(seconds).toBeGreaterThan(24 * 3600);
    expect(seconds).toBeLessThan(queue.MessageRetentionPeriod / 2);
  });
});

describe("queue consumers", () => {
  test("are bounded where they read, report each failed message and hide it long enough", () => {
    const mappings = app.resources("AWS::Lambda::EventSourceMapping").map(([, properties]) => {
      const queue = properties.EventSourceArn["Fn::GetAtt"][0] as string;
      const timeout = app.properties(properties.FunctionName.Ref).Timeout as number;
      const window = (properties.MaximumBatchingWindowInSeconds ?? 0) as number;
      expect(properties.FunctionResponseTypes).toEqual(["ReportBatchItemFailures"]);
      expect(app.properties(queue).VisibilityTimeout).toBeGreaterThanOrEqual(6 * timeout + window);
      return [queue, properties.FunctionName.Ref, properties.BatchSize, window, properties.ScalingConfig];
    });
    expect(mappings.toSorted()).toEqual([
      ["DeliveriesQueue", "DeliverFunction", 10, 0, { MaximumConcurrency: 5 }],
      ["FastTrackQueue", "FastTrackFunction", 10, 0, { MaximumConcurrency: 5 }],
      ["ImportsQueue", "ImportFunction", 1, 0, { MaximumConcurrency: 2 }],
      ["LookUpsQueue", "LookUpFunction", 1, 0, { MaximumConcurrency: 5 }],
      ["LookUpsQueueDeadLetters", "DeadLetterFunction", 1, 0, { MaximumConcurrency: 2 }],
      ["NightQueue", "NightlyFunction", 1, 0, { MaximumConcurrency: 5 }],
      ["TouchpointsQueue", "ProcessFunction", 100, 1, { MaximumConcurrency: 10 }],
      ["TouchpointsQueueDeadLetters", "DeadLetterFunction", 1, 0, { MaximumConcurrency: 2 }],
      ["WhatIfQueue", "WhatIfFunction", 1, 0, { MaximumConcurrency: 5 }],
    ]);
    expect(functions.nightly.timeout).toBeLessThanOrEqual(900);
  });
});

describe("schedules", () => {
  test("begin the night at the time set, in the zone set", () => {
    template.hasResourceProperties("AWS::Scheduler::Schedule", {
      ScheduleExpression: "cron(30 3 * * ? *)",
      ScheduleExpressionTimezone: "Europe/Berlin",
      FlexibleTimeWindow: { Mode: "OFF" },
      Target: Match.objectLike({
        Arn: { "Fn::GetAtt": ["NightlyFunction", "Arn"] },
        Input: '{"v":1,"kind":"schedule","scheduledTime":"<aws.scheduler.scheduled-time>"}',
      }),
    });
  });

  test("look every quarter of an hour for a run that died", () => {
    template.hasResourceProperties("AWS::Scheduler::Schedule", {
      ScheduleExpression: "rate(15 minutes)",
      Target: Match.objectLike({
        Arn: { "Fn::GetAtt": ["NightlyFunction", "Arn"] },
        Input: '{"v":1,"kind":"resume"}',
      }),
    });
  });

  test("and as often for sources that are silent", () => {
    template.hasResourceProperties("AWS::Scheduler::Schedule", {
      ScheduleExpression: "rate(15 minutes)",
      FlexibleTimeWindow: { Mode: "OFF" },
      Target: Match.objectLike({ Arn: { "Fn::GetAtt": ["WatchSourcesFunction", "Arn"] } }),
    });
  });

  test("and for leads that wait too long for sales", () => {
    template.hasResourceProperties("AWS::Scheduler::Schedule", {
      ScheduleExpression: "rate(15 minutes)",
      Target: Match.objectLike({ Arn: { "Fn::GetAtt": ["WatchHandOffFunction", "Arn"] } }),
    });
    template.resourceCountIs("AWS::Scheduler::Schedule", 4);
  });
});

test("outputs tell where everything is", () => {
  expect(Object.keys(app.template.Outputs ?? {}).toSorted()).toEqual([
    "ApiUrl",
    "ExportsBucketName",
    "MintKeyFunctionName",
    "TableName",
    "TouchpointsQueueUrl",
  ]);
});
