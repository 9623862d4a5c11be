import { UnsupportedTemplate } from "./errors.ts";
import type { Template } from "./intrinsics.ts";
import { refuseUnknown } from "./resource-types.ts";
import { type Addresses, bucketName, nameInArn, Resources } from "./resources.ts";
import type { Application, IndexDefinition, Stores, TableDefinition } from "./stack.ts";
import { readApplication } from "./template-application.ts";

/** A template that holds nothing but what the local runtime can honour. */
export interface LocalTemplate {
  stores: Stores;
  /**
   * @param directoryOf the folder of a function's bundle, by logical id
   * @throws UnsupportedTemplate
   */
  application(addresses: Addresses, directoryOf: (logicalId: string) => string): Application;
}

/**
 * Reads a CloudFormation template.
 * @throws UnsupportedTemplate where it asks for what would have to be honoured and is not known
 */
export function readTemplate(template: Template): LocalTemplate {
  refuseUnknown(template);
  const unknownYet: Addresses = {
    apiUrl: "",
    queueUrl: (name) => {
      throw new UnsupportedTemplate(name, "its address is needed before it runs");
    },
  };
  return {
    stores: readStores(new Resources(template, unknownYet)),
    application: (addresses, directoryOf) => readApplication(new Resources(template, addresses), directoryOf),
  };
}

function readStores(resources: Resources): Stores {
  return {
    tables: resources.ofType("AWS::DynamoDB::Table").map((table) => ({
      name: table.text("TableName", table.logicalId),
      keySchema: table.list("KeySchema") as TableDefinition["keySchema"],
      attributeDefinitions: table.list("AttributeDefinitions") as TableDefinition["attributeDefinitions"],
      indexes: (table.list("GlobalSecondaryIndexes") as IndexDefinition[]).map(
        ({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection }),
      ),
    })),
    queues: resources.ofType("AWS::SQS::Queue").map((queue) => {
      const redrive = queue.object("RedrivePolicy");
      const deadLetters = redrive.value("deadLetterTargetArn");
      const delay = queue.optionalNumber("DelaySeconds");
      const wait = queue.optionalNumber("ReceiveMessageWaitTimeSeconds");
      const size = queue.optionalNumber("MaximumMessageSize");
      return {
        name: queue.text("QueueName", queue.logicalId),
        visibilityTimeout: queue.number("VisibilityTimeout", 30),
        messageRetentionPeriod: queue.number("MessageRetentionPeriod", 345_600),
        ...(delay !== undefined && { delaySeconds: delay }),
        ...(wait !== undefined && { receiveMessageWaitTimeSeconds: wait }),
        ...(size !== undefined && { maximumMessageSize: size }),
        ...(deadLetters !== undefined && {
          redrive: {
            deadLetterQueueName: nameInArn(String(deadLetters)),
            maxReceiveCount: redrive.number("maxReceiveCount", 10),
          },
        }),
      };
    }),
    buckets: resources.ofType("AWS::S3::Bucket").map((bucket) => ({
      name: bucketName(bucket.text("BucketName", bucket.logicalId)),
      versioned: bucket.object("VersioningConfiguration").value("Status") === "Enabled",
    })),
  };
}
