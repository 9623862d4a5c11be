/** The account that owns every local queue; ARNs and URLs carry it as AWS's do. */
export const ACCOUNT = "000000000000";
const REGION = "us-east-1";

export function queueArn(name: string): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
}

/** @param origin the server's, such as `http://127.0.0.1:9324` */
export function formatQueueUrl(origin: string, name: string): string {
  return `${origin}/${ACCOUNT}/${name}`;
}
