import { UnsupportedTemplate } from "./errors.ts";
import type { Template } from "./intrinsics.ts";

/** Types without effect on one machine: permissions, logs, alarms, and what CloudFormation keeps for itself. */
const withoutEffect = [
  /^AWS::IAM::/,
  /^AWS::Logs::/,
  /^AWS::CloudWatch::/,
  /^AWS::SNS::/,
  /^AWS::KMS::/,
  /^AWS::CDK::Metadata$/,
  /^AWS::Lambda::Permission$/,
  /^AWS::SQS::QueuePolicy$/,
  /^AWS::S3::BucketPolicy$/,
  /^AWS::Scheduler::ScheduleGroup$/,
];

/**
 * The types that run here, with the properties that are honoured or have no effect on one machine. A property that is
 * not listed is an error: it may change what the product does.
 */
const properties: Record<string, string[]> = {
  "AWS::DynamoDB::Table": [
    ...["TableName", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode"],
    ...["PointInTimeRecoverySpecification", "DeletionProtectionEnabled", "SSESpecification", "Tags"],
    ...["TimeToLiveSpecification", "ContributorInsightsSpecification", "TableClass", "OnDemandThroughput"],
  ],
  "AWS::SQS::Queue": [
    ...["QueueName", "VisibilityTimeout", "MessageRetentionPeriod", "DelaySeconds", "MaximumMessageSize"],
    ...["ReceiveMessageWaitTimeSeconds", "RedrivePolicy", "RedriveAllowPolicy", "Tags"],
    ...["SqsManagedSseEnabled", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds"],
  ],
  "AWS::S3::Bucket": [
    ...["BucketName", "VersioningConfiguration", "LifecycleConfiguration", "BucketEncryption", "Tags"],
    ...["PublicAccessBlockConfiguration", "OwnershipControls", "LoggingConfiguration"],
  ],
  "AWS::Lambda::Function": [
    ...[
      "FunctionName",
      "Handler",
      "Environment",
      "Timeout",
      "MemorySize",
      "Code",
      "Runtime",
      "Architectures",
    ],
    ...["Role", "Description", "LoggingConfig", "TracingConfig", "Tags", "RecursiveLoop"],
  ],
  "AWS::Lambda::EventInvokeConfig": [
    ...["FunctionName", "Qualifier", "MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"],
  ],
  "AWS::Lambda::EventSourceMapping": [
    ...["FunctionName", "EventSourceArn", "BatchSize", "MaximumBatchingWindowInSeconds", "Enabled"],
    ...["FunctionResponseTypes", "ScalingConfig", "Tags", "MetricsConfig"],
  ],
  "AWS::ApiGatewayV2::Api": ["Name", "ProtocolType", "Description", "Tags", "Version"],
  "AWS::ApiGatewayV2::Stage": [
    ...["ApiId", "StageName", "AutoDeploy", "AccessLogSettings", "DefaultRouteSettings", "RouteSettings"],
    ...["Description", "Tags"],
  ],
  "AWS::ApiGatewayV2::Integration": [
    ...["ApiId", "IntegrationType", "IntegrationUri", "PayloadFormatVersion", "IntegrationMethod"],
    ...["TimeoutInMillis", "Description", "ConnectionType"],
  ],
  "AWS::ApiGatewayV2::Route": [
    "ApiId",
    "RouteKey",
    "Target",
    "AuthorizationType",
    "AuthorizerId",
    "OperationName",
  ],
  "AWS::ApiGatewayV2::Authorizer": [
    ...[
      "ApiId",
      "Name",
      "AuthorizerType",
      "AuthorizerUri",
      "AuthorizerPayloadFormatVersion",
      "IdentitySource",
    ],
    ...["EnableSimpleResponses", "AuthorizerResultTtlInSeconds", "AuthorizerCredentialsArn"],
  ],
  "AWS::Scheduler::Schedule": [
    ...[
      "Name",
      "GroupName",
      "Description",
      "ScheduleExpression",
      "ScheduleExpressionTimezone",
      "State",
      "Target",
    ],
    ...["FlexibleTimeWindow"],
  ],
};

/** Throws UnsupportedTemplate for the first resource that would have to be honoured and is not known. */
export function refuseUnknown(template: Template): void {
  for (const [logicalId, resource] of Object.entries(template.Resources)) {
    const type = resource.Type;
    if (withoutEffect.some((pattern) => pattern.test(type))) continue;
    const known = properties[type];
    if (!known) throw new UnsupportedTemplate(logicalId, `the local runtime does not know ${type}`);
    if (resource.Condition) throw new UnsupportedTemplate(logicalId, "the local runtime knows no conditions");
    for (const name of Object.keys(resource.Properties ?? {})) {
      if (!known.includes(name)) {
        throw new UnsupportedTemplate(logicalId, `the local runtime does not know ${name} of ${type}`);
      }
    }
  }
}
