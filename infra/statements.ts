import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { leadsIndex, objectPrefixes, partitions } from "../shared/table/keys.ts";
import type { Access, Partition, QueueName } from "./access.ts";

/** What statements speak of. */
export interface Resources {
  table: Table;
  bucket: Bucket;
  queues: Record<QueueName, Queue>;
}

export const allow = (
  actions: string[],
  resources: string[],
  conditions?: Record<string, unknown>,
): PolicyStatement => new PolicyStatement({ actions, resources, ...(conditions && { conditions }) });

/** The partition as IAM matches it: `person#*` for a prefix, `config` for a partition of its own. */
const leadingKey = (partition: Partition): string => {
  const key = partitions[partition];
  return key.endsWith("#") ? `${key}*` : key;
};

/** What a function's role allows, from the table of rights. Nothing here needs a resource `*`. */
export function statementsFor(rights: Access, { table, bucket, queues }: Resources): PolicyStatement[] {
  const statements: PolicyStatement[] = [];
  const onTable = (actions: string[], allowed: readonly Partition[] | undefined) => {
    if (!allowed) return;
    statements.push(
      allow(actions, [table.tableArn], {
        "ForAllValues:StringLike": { "dynamodb:LeadingKeys": allowed.map(leadingKey) },
        // ForAllValues also holds for a request that names no key at all.
        Null: { "dynamodb:LeadingKeys": "false" },
      }),
    );
  };
  const queueArns = (names: readonly QueueName[]) => names.map((name) => queues[name].queueArn);

  onTable(["dynamodb:GetItem", "dynamodb:Query"], rights.read);
  onTable(["dynamodb:PutItem"], rights.put);
  onTable(["dynamodb:BatchWriteItem"], rights.batch);
  onTable(["dynamodb:UpdateItem"], rights.update);
  onTable(["dynamodb:DeleteItem"], rights.delete);
  // The index holds leads and nothing else, so it needs no condition on its keys.
  if (rights.queryLeads)
    statements.push(allow(["dynamodb:Query"], [`${table.tableArn}/index/${leadsIndex}`]));
  for (const prefix of rights.readObjects ?? []) {
    statements.push(allow(["s3:GetObject"], [bucket.arnForObjects(`${objectPrefixes[prefix]}*`)]));
  }
  // To one who may not list, S3 says "forbidden" where it means "no such object". The right cannot be narrowed to a prefix:
  // reading an object names none.
  if (rights.readObjects) statements.push(allow(["s3:ListBucket"], [bucket.bucketArn]));
  for (const prefix of rights.putObjects ?? []) {
    statements.push(allow(["s3:PutObject"], [bucket.arnForObjects(`${objectPrefixes[prefix]}*`)]));
  }
  for (const prefix of rights.deleteObjects ?? []) {
    const objects = bucket.arnForObjects(`${objectPrefixes[prefix]}*`);
    statements.push(allow(["s3:DeleteObject", "s3:DeleteObjectVersion"], [objects]));
  }
  // What is deleted goes with all its versions, which have to be found first.
  if (rights.deleteObjects) statements.push(allow(["s3:ListBucketVersions"], [bucket.bucketArn]));
  if (rights.send) statements.push(allow(["sqs:SendMessage"], queueArns(rights.send)));
  if (rights.receive) {
    statements.push(
      allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queueArns(rights.receive)),
    );
  }
  if (rights.pace) statements.push(allow(["sqs:ChangeMessageVisibility"], queueArns(rights.pace)));
  return statements;
}
