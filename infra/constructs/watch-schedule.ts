import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { CfnSchedule } from "aws-cdk-lib/aws-scheduler";
import { Aws } from "aws-cdk-lib/core";
import { Construct } from "constructs";

export interface WatchScheduleProps {
  watch: IFunction;
}

/** Has the sources looked after every quarter of an hour. A look that was not delivered is made up for by the next. */
export class WatchSchedule extends Construct {
  constructor(scope: Construct, id: string, { watch }: WatchScheduleProps) {
    super(scope, id);
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
      }),
      inlinePolicies: {
        touchline: new PolicyDocument({
          statements: [
            new PolicyStatement({
              effect: Effect.ALLOW,
              actions: ["lambda:InvokeFunction"],
              resources: [watch.functionArn],
            }),
          ],
        }),
      },
    });
    new CfnSchedule(this, "Sources", {
      description: "Looks for sources that are silent",
      scheduleExpression: "rate(15 minutes)",
      flexibleTimeWindow: { mode: "OFF" },
      target: {
        arn: watch.functionArn,
        roleArn: role.roleArn,
        input: JSON.stringify({ v: 1, kind: "watch" }),
        retryPolicy: { maximumEventAgeInSeconds: 60, maximumRetryAttempts: 0 },
      },
    }).overrideLogicalId("WatchSourcesSchedule");
  }
}
