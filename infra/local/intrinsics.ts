import { UnsupportedTemplate } from "./errors.ts";

/** The region and the account that everything local pretends to be in. */
export const localRegion = "us-east-1";
export const localAccount = "000000000000";

export interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
  Condition?: string;
}

export interface Template {
  Resources: Record<string, Resource>;
  Parameters?: Record<string, { Default?: unknown }>;
}

/** What a resource is called and where it is: the values of Ref and Fn::GetAtt. */
export interface Referable {
  ref(): string;
  attributes: Record<string, () => string>;
}

/** Turns a value of the template with intrinsic functions into a plain value. */
export type Resolve = (value: unknown) => unknown;

const pseudoParameters: Record<string, string> = {
  "AWS::Region": localRegion,
  "AWS::AccountId": localAccount,
  "AWS::Partition": "aws",
  "AWS::URLSuffix": "amazonaws.com",
  "AWS::StackName": "touchline-local",
  "AWS::StackId": `arn:aws:cloudformation:${localRegion}:${localAccount}:stack/touchline-local/local`,
};

/**
 * A resolver of Ref, Fn::GetAtt, Fn::Join, Fn::Sub, Fn::Select and Fn::Split with CloudFormation's meaning.
 * Anything else that begins with `Fn::`, and every reference to something unknown, throws UnsupportedTemplate:
 * a value that is silently wrong would only show much later.
 *
 * @param referable gives the names of a resource by its logical id, undefined for what has none locally
 */
export function intrinsics(
  template: Template,
  referable: (logicalId: string) => Referable | undefined,
): Resolve {
  const reference = (logicalId: string): string => {
    const pseudo = pseudoParameters[logicalId];
    if (pseudo !== undefined) return pseudo;
    const parameter = template.Parameters?.[logicalId];
    if (parameter) {
      if (parameter.Default === undefined)
        throw new UnsupportedTemplate(logicalId, "a parameter without default");
      return String(parameter.Default);
    }
    const known = referable(logicalId);
    if (!known) throw new UnsupportedTemplate(logicalId, "Ref to something the local runtime does not name");
    return known.ref();
  };
  const attribute = (logicalId: string, name: string): string => {
    const value = referable(logicalId)?.attributes[name];
    if (!value)
      throw new UnsupportedTemplate(logicalId, `Fn::GetAtt ${name} is unknown to the local runtime`);
    return value();
  };
  const list = (value: unknown, name: string): unknown[] => {
    const resolved = resolve(value);
    if (!Array.isArray(resolved)) throw new UnsupportedTemplate(name, "takes a list");
    return resolved;
  };
  const substitute = (argument: unknown): string => {
    const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
    return String(text).replace(/\$\{(!?)([^}]+)\}/g, (_match, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (isRecord(variables) && name in variables) return String(resolve(variables[name]));
      const [logicalId = "", ...path] = name.split(".");
      return path.length > 0 ? attribute(logicalId, path.join(".")) : reference(logicalId);
    });
  };
  const functions: Record<string, (argument: unknown) => unknown> = {
    Ref: (argument) => reference(String(argument)),
    "Fn::GetAtt": (argument) => {
      const [logicalId, name] = Array.isArray(argument) ? argument : String(argument).split(/\.(.*)/s);
      return attribute(String(logicalId), String(name));
    },
    "Fn::Join": (argument) => {
      const [separator, parts] = list(argument, "Fn::Join");
      return list(parts, "Fn::Join").join(String(separator));
    },
    "Fn::Sub": substitute,
    "Fn::Select": (argument) => {
      const [index, items] = list(argument, "Fn::Select");
      return list(items, "Fn::Select")[Number(index)];
    },
    "Fn::Split": (argument) => {
      const [separator, text] = list(argument, "Fn::Split");
      return String(text).split(String(separator));
    },
  };
  const resolve: Resolve = (value) => {
    if (Array.isArray(value)) return value.map(resolve);
    if (!isRecord(value)) return value;
    const [name, ...others] = Object.keys(value);
    if (name !== undefined && others.length === 0) {
      const intrinsic = functions[name];
      if (intrinsic) return intrinsic(value[name]);
      if (name.startsWith("Fn::")) throw new UnsupportedTemplate(name, "unknown to the local runtime");
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
  };
  return resolve;
}

/** A plain object, not a list. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
