import { CfnOutput, Duration, Stack, type StackProps } from "aws-cdk-lib/core";
import type { Construct } from "constructs";
import { attemptsInAll } from "../shared/endpoint/pauses.ts";
import type { FunctionName } from "../shared/http/routes.ts";
import { type EnvironmentSetting, environmentNames } from "../shared/settings.ts";
import { access, environmentSettings, type QueueName } from "./access.ts";
import type { Bundles } from "./bundle.ts";
import { Alarms } from "./constructs/alarms.ts";
import { ExportsBucket } from "./constructs/bucket.ts";
import { ProductFunction } from "./constructs/product-function.ts";
import { QueueWithDeadLetters, visibilityFor } from "./constructs/queue-with-dead-letters.ts";
import { Schedules } from "./constructs/schedules.ts";
import { TouchpointsTable } from "./constructs/table.ts";
import { TouchlineHttpApi } from "./constructs/touchline-http-api.ts";
import { functionNames, functions, pascalCase } from "./functions.ts";
import type { Settings } from "./settings.ts";
import { type Resources, statementsFor } from "./statements.ts";

export interface TouchlineStackProps extends StackProps {
  settings: Settings;
  bundles: Bundles;
}

/** Seconds a batch of touchpoints may wait to fill; the price of fewer invocations is that much delay. */
const touchpointsWindow = 1;

/** The whole product in one stack. */
export class TouchlineStack extends Stack {
  constructor(scope: Construct, id: string, { settings, bundles, ...props }: TouchlineStackProps) {
    super(scope, id, props);

    const { table } = new TouchpointsTable(this, "Storage");
    const { bucket } = new ExportsBucket(this, "Exports");
    const touchpoints = new QueueWithDeadLetters(this, "Touchpoints", {
      logicalId: "TouchpointsQueue",
      visibilityTimeout: visibilityFor(functions.process.timeout, touchpointsWindow),
      retention: Duration.days(10),
      deadLetterVisibilityTimeout: visibilityFor(functions["dead-letter"].timeout, 0),
    });
    // A message comes back every three minutes, so a provider may be away for an hour.
    const lookUps = new QueueWithDeadLetters(this, "LookUps", {
      logicalId: "LookUpsQueue",
      visibilityTimeout: visibilityFor(functions["look-up"].timeout, 0),
      retention: Duration.days(4),
      maxReceiveCount: 20,
      deadLetterVisibilityTimeout: visibilityFor(functions["dead-letter"].timeout, 0),
    });
    const night = new QueueWithDeadLetters(this, "Night", {
      logicalId: "NightQueue",
      visibilityTimeout: visibilityFor(functions.nightly.timeout, 0),
      retention: Duration.days(4),
    });
    const imports = new QueueWithDeadLetters(this, "Imports", {
      logicalId: "ImportsQueue",
      visibilityTimeout: visibilityFor(functions.import.timeout, 0),
      retention: Duration.days(4),
    });
    // A delivery chooses its own pauses, which make about a day of all its attempts: shared/endpoint/pauses.ts.
    const deliveries = new QueueWithDeadLetters(this, "DeliveryMessages", {
      logicalId: "DeliveriesQueue",
      visibilityTimeout: visibilityFor(functions.deliver.timeout, 0),
      retention: Duration.days(4),
      maxReceiveCount: attemptsInAll,
    });
    const fastTrack = new QueueWithDeadLetters(this, "FastTrackMessages", {
      logicalId: "FastTrackQueue",
      visibilityTimeout: visibilityFor(functions["fast-track"].timeout, 0),
      retention: Duration.days(4),
    });
    const whatIf = new QueueWithDeadLetters(this, "WhatIfMessages", {
      logicalId: "WhatIfQueue",
      visibilityTimeout: visibilityFor(functions["what-if"].timeout, 0),
      retention: Duration.days(4),
    });
    const http = new TouchlineHttpApi(this, "Http", { stage: settings.stage });

    const queues: Record<QueueName, Resources["queues"][QueueName]> = {
      touchpoints: touchpoints.queue,
      touchpointsDeadLetters: touchpoints.deadLetters,
      lookUps: lookUps.queue,
      lookUpsDeadLetters: lookUps.deadLetters,
      night: night.queue,
      imports: imports.queue,
      deliveries: deliveries.queue,
      fastTrack: fastTrack.queue,
      whatIf: whatIf.queue,
    };
    const values: Record<EnvironmentSetting, string> = {
      table: table.tableName,
      touchpointsQueue: touchpoints.queue.queueUrl,
      lookUpsQueue: lookUps.queue.queueUrl,
      nightQueue: night.queue.queueUrl,
      importsQueue: imports.queue.queueUrl,
      deliveriesQueue: deliveries.queue.queueUrl,
      fastTrackQueue: fastTrack.queue.queueUrl,
      whatIfQueue: whatIf.queue.queueUrl,
      exportsBucket: bucket.bucketName,
      publicUrl: http.api.apiEndpoint,
    };
    const product = Object.fromEntries(
      functionNames.map((name) => [
        name,
        new ProductFunction(this, pascalCase(name), {
          name,
          stage: settings.stage,
          codeDirectory: bundles.directory(name),
          environment: Object.fromEntries(
            environmentSettings(access[name]).map((key) => [environmentNames[key], values[key]]),
          ),
          statements: statementsFor(access[name], { table, bucket, queues }),
        }),
      ]),
    ) as Record<FunctionName, ProductFunction>;

    product.process.consume(touchpoints.queue, {
      batchSize: 100,
      batchingWindow: touchpointsWindow,
      maxConcurrency: 10,
    });
    product["dead-letter"].consume(touchpoints.deadLetters, { batchSize: 1, maxConcurrency: 2 });
    product["look-up"].consume(lookUps.queue, { batchSize: 1, maxConcurrency: 5 });
    product["dead-letter"].consume(lookUps.deadLetters, { batchSize: 1, maxConcurrency: 2 });
    product.import.consume(imports.queue, { batchSize: 1, maxConcurrency: 2 });
    product.nightly.consume(night.queue, { batchSize: 1, maxConcurrency: 5 });
    product.deliver.consume(deliveries.queue, { batchSize: 10, maxConcurrency: 5 });
    product["fast-track"].consume(fastTrack.queue, { batchSize: 10, maxConcurrency: 5 });
    product["what-if"].consume(whatIf.queue, { batchSize: 1, maxConcurrency: 5 });

    http.addRoutes((name) => product[name].function);
    new Schedules(this, "Schedules", {
      nightly: product.nightly.function,
      watchSources: product["watch-sources"].function,
      watchHandOff: product["watch-hand-off"].function,
      at: settings.nightAt,
      timeZone: settings.timeZone,
    });
    new Alarms(this, "Alarms", {
      settings,
      functions: Object.values(product),
      deadLetterFunction: product["dead-letter"],
      touchpoints,
      lookUps,
      night,
      imports,
      deliveries,
      fastTrack,
      whatIf,
      api: http.api,
    });

    this.addOutputs({
      ApiUrl: http.api.apiEndpoint,
      TableName: table.tableName,
      ExportsBucketName: bucket.bucketName,
      TouchpointsQueueUrl: touchpoints.queue.queueUrl,
      MintKeyFunctionName: product["mint-key"].function.functionName,
    });
  }

  private addOutputs(outputs: Record<string, string>): void {
    for (const [name, value] of Object.entries(outputs))
      new CfnOutput(this, `${name}Output`, { value }).overrideLogicalId(name);
  }
}
