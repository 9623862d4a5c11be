import {
  AttributeType,
  BillingMode,
  type CfnTable,
  ProjectionType,
  Table,
  TableEncryption,
} from "aws-cdk-lib/aws-dynamodb";
import { RemovalPolicy } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { leadsIndex } from "../../shared/table/keys.ts";

/**
 * The one table. It holds personal data that nothing else holds: retained when the stack goes, guarded against
 * deletion, restorable to any second of the last 35 days.
 */
export class TouchpointsTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = new Table(this, "Table", {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      // A key owned by DynamoDB: encrypted at rest at no cost and with no request to KMS in the way of an event.
      encryption: TableEncryption.DEFAULT,
      timeToLiveAttribute: "expiresAt",
      removalPolicy: RemovalPolicy.RETAIN,
    });
    // Only leads carry the index's keys, and a lead is small: with all attributes a list of leads is one query.
    this.table.addGlobalSecondaryIndex({
      indexName: leadsIndex,
      partitionKey: { name: "gsi1pk", type: AttributeType.STRING },
      sortKey: { name: "gsi1sk", type: AttributeType.STRING },
      projectionType: ProjectionType.ALL,
    });
    // Were the id derived from the construct's place, moving the construct would make a new, empty table.
    (this.table.node.defaultChild as CfnTable).overrideLogicalId("Table");
  }
}
