import { UnsupportedTemplate } from "./errors.ts";
import {
  intrinsics,
  isRecord,
  localAccount,
  localRegion,
  type Referable,
  type Resolve,
  type Template,
} from "./intrinsics.ts";
import { Properties } from "./properties.ts";

/** Where things answer once they run. */
export interface Addresses {
  /** Of the gateway, without a slash at the end: what CloudFormation gives as ApiEndpoint. */
  apiUrl: string;
  queueUrl(name: string): string;
}

const listOf = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter(isRecord) : [];

/** `arn:aws:lambda:…`, in the local region and account. */
export const arn = (service: string, resource: string): string =>
  `arn:aws:${service}:${localRegion}:${localAccount}:${resource}`;

/** The last part of an ARN: the name of a queue, or of a function. */
export const nameInArn = (text: string): string => text.slice(text.lastIndexOf(":") + 1);

/** The resources of a template by type, with names and addresses resolved. */
export class Resources {
  readonly #template: Template;
  readonly #addresses: Addresses;
  readonly #resolve: Resolve;

  constructor(template: Template, addresses: Addresses) {
    this.#template = template;
    this.#addresses = addresses;
    this.#resolve = intrinsics(template, (logicalId) => this.#referable(logicalId));
  }

  ofType(type: string): Properties[] {
    return Object.entries(this.#template.Resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([logicalId, resource]) => Properties.of(logicalId, resource, this.#resolve));
  }

  /** The resource of a type with this logical id. */
  named(logicalId: string, type: string): Properties {
    const found = this.ofType(type).find((resource) => resource.logicalId === logicalId);
    if (!found) throw new UnsupportedTemplate(logicalId, `is not a resource of type ${type}`);
    return found;
  }

  /** Whether the role of a function allows an action on the resource with this ARN. */
  allows(functionId: string, action: string, resource: string): boolean {
    const role = this.#template.Resources[functionId]?.Properties?.Role;
    const [roleId] = isRecord(role) && Array.isArray(role["Fn::GetAtt"]) ? role["Fn::GetAtt"] : [];
    return listOf(this.#template.Resources[String(roleId)]?.Properties?.Policies)
      .flatMap(({ PolicyDocument: policy }) => (isRecord(policy) ? listOf(policy.Statement) : []))
      .some(
        ({ Action, Resource }) =>
          [Action].flat().includes(action) && [this.#resolve(Resource)].flat().includes(resource),
      );
  }

  #referable(logicalId: string): Referable | undefined {
    const resource = this.#template.Resources[logicalId];
    if (!resource) return undefined;
    const named = (property: string, fallback = logicalId) =>
      Properties.of(logicalId, resource, this.#resolve).text(property, fallback);
    switch (resource.Type) {
      case "AWS::DynamoDB::Table": {
        const name = () => named("TableName");
        return { ref: name, attributes: { Arn: () => arn("dynamodb", `table/${name()}`) } };
      }
      case "AWS::SQS::Queue": {
        const name = () => named("QueueName");
        const url = () => this.#addresses.queueUrl(name());
        return { ref: url, attributes: { Arn: () => arn("sqs", name()), QueueName: name, QueueUrl: url } };
      }
      case "AWS::S3::Bucket": {
        const name = () => bucketName(named("BucketName"));
        return { ref: name, attributes: { Arn: () => `arn:aws:s3:::${name()}` } };
      }
      case "AWS::Lambda::Function": {
        const name = () => named("FunctionName");
        return { ref: name, attributes: { Arn: () => arn("lambda", `function:${name()}`) } };
      }
      case "AWS::ApiGatewayV2::Api":
        return {
          ref: () => logicalId,
          attributes: { ApiId: () => logicalId, ApiEndpoint: () => this.#addresses.apiUrl },
        };
      case "AWS::ApiGatewayV2::Authorizer":
        return { ref: () => logicalId, attributes: { AuthorizerId: () => logicalId } };
      case "AWS::ApiGatewayV2::Integration":
      case "AWS::ApiGatewayV2::Stage":
      case "AWS::ApiGatewayV2::Route":
        return { ref: () => logicalId, attributes: {} };
      case "AWS::Scheduler::ScheduleGroup":
        return { ref: () => named("Name"), attributes: {} };
      default:
        return undefined;
    }
  }
}

/** CloudFormation makes names from logical ids; a bucket's has lower-case letters only. */
export const bucketName = (name: string): string => name.toLowerCase();
