import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";

/**
 * The AWS SDK copies every request and answer, field by field, to describe them to its logger's `info`, and by default to
 * one that does nothing: a twentieth of what a query costs. Without `info` it does not.
 */
export const sdkLogger = { trace() {}, debug() {}, warn() {}, error() {} } as unknown as NonNullable<
  DynamoDBClientConfig["logger"]
>;
