import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { CfnSchedule } from "aws-cdk-lib/aws-scheduler";
import { Aws } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import type { Settings } from "../settings.ts";

export interface NightScheduleProps {
  nightly: IFunction;
  at: Settings["nightAt"];
  timeZone: string;
}

/**
 * When the night begins, and a look every quarter of an hour whether a run that began has died, to resume it. There is
 * no dead-letter queue: a night that was not delivered is a night that did not complete, and that has its alarm.
 */
export class NightSchedule extends Construct {
  constructor(scope: Construct, id: string, { nightly, at, timeZone }: NightScheduleProps) {
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
              resources: [nightly.functionArn],
            }),
          ],
        }),
      },
    });
    const target = { arn: nightly.functionArn, roleArn: role.roleArn };
    new CfnSchedule(this, "Night", {
      description: "Begins the nightly run",
      scheduleExpression: `cron(${at.minute} ${at.hour} * * ? *)`,
      scheduleExpressionTimezone: timeZone,
      flexibleTimeWindow: { mode: "OFF" },
      target: {
        ...target,
        input: JSON.stringify({ v: 1, kind: "schedule", scheduledTime: "<aws.scheduler.scheduled-time>" }),
        // Delivery is tried for six hours: a late night loses no lead.
        retryPolicy: { maximumEventAgeInSeconds: 6 * 3600, maximumRetryAttempts: 185 },
      },
    }).overrideLogicalId("NightSchedule");
    new CfnSchedule(this, "Resume", {
      description: "Resumes a run that died",
      scheduleExpression: "rate(15 minutes)",
      scheduleExpressionTimezone: timeZone,
      flexibleTimeWindow: { mode: "OFF" },
      target: {
        ...target,
        input: JSON.stringify({ v: 1, kind: "resume" }),
        // The next one comes soon enough.
        retryPolicy: { maximumEventAgeInSeconds: 60, maximumRetryAttempts: 0 },
      },
    }).overrideLogicalId("ResumeSchedule");
  }
}
