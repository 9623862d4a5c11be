import { PolicyDocument, type PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  type CfnFunction,
  Code,
  EventSourceMapping,
  Function as LambdaFunction,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Duration, RemovalPolicy } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import type { FunctionName } from "../../shared/http/routes.ts";
import { functions, pascalCase } from "../functions.ts";
import { allow } from "../statements.ts";

export interface ProductFunctionProps {
  name: FunctionName;
  stage: string;
  /** Folder of the bundle. */
  codeDirectory: string;
  environment: Record<string, string>;
  /** All that the function may do beside writing its own log. */
  statements: PolicyStatement[];
}

export interface Consumption {
  batchSize: number;
  /** Seconds a batch may wait to fill. */
  batchingWindow?: number;
  maxConcurrency: number;
}

/** One Lambda function with its own role and its own log group. */
export class ProductFunction extends Construct {
  readonly name: FunctionName;
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: ProductFunctionProps) {
    super(scope, id);
    this.name = props.name;
    const size = functions[props.name];
    const functionName = `touchline-${props.stage}-${props.name}`;
    const logGroup = new LogGroup(this, "Log", {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      description: `Touchline ${props.stage}: ${props.name}`,
      inlinePolicies: {
        touchline: new PolicyDocument({
          statements: [
            allow(["logs:CreateLogStream", "logs:PutLogEvents"], [logGroup.logGroupArn]),
            ...props.statements,
          ],
        }),
      },
    });
    this.function = new LambdaFunction(this, "Function", {
      functionName,
      description: size.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(props.codeDirectory),
      handler: "index.handler",
      memorySize: size.memory,
      timeout: Duration.seconds(size.timeout),
      logGroup,
      role,
      environment: {
        NODE_OPTIONS: "--enable-source-maps",
        POWERTOOLS_SERVICE_NAME: `touchline-${props.stage}`,
        POWERTOOLS_METRICS_NAMESPACE: "Touchline",
        ...props.environment,
      },
    });
    (this.function.node.defaultChild as CfnFunction).overrideLogicalId(`${pascalCase(props.name)}Function`);
  }

  /** Has the function consume a queue. Concurrency is bounded here: a new account has nothing to reserve. */
  consume(queue: Queue, consumption: Consumption): void {
    new EventSourceMapping(this, `Consumes${queue.node.path.split("/").slice(1).join("")}`, {
      target: this.function,
      eventSourceArn: queue.queueArn,
      batchSize: consumption.batchSize,
      maxConcurrency: consumption.maxConcurrency,
      reportBatchItemFailures: true,
      ...(consumption.batchingWindow && { maxBatchingWindow: Duration.seconds(consumption.batchingWindow) }),
    });
  }
}
