import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { App } from "aws-cdk-lib/core";
import { CURRENTLY_RECOMMENDED_FLAGS } from "aws-cdk-lib/cx-api";
import type { FunctionName } from "../shared/http/routes.ts";
import { bundleFunctions } from "./bundle.ts";
import { readSettings } from "./settings.ts";
import { TouchlineStack } from "./touchline-stack.ts";

export interface CloudFormationResource {
  Type: string;
  Properties?: Record<string, unknown>;
  Metadata?: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  DependsOn?: string | string[];
}

export interface CloudFormationTemplate {
  Resources: Record<string, CloudFormationResource>;
  Parameters?: Record<string, unknown>;
  Outputs?: Record<string, { Value: unknown }>;
}

/** What `cdk deploy` would deploy. */
export interface Assembly {
  template: CloudFormationTemplate;
  /** Where the cloud assembly lies. */
  directory: string;
  /**
   * The folder, absolute, that holds the code of a Lambda function.
   *
   * @param logicalId of the function in the template
   * @throws Error where the template has no such function
   */
  codeDirectory(logicalId: string): string;
  /** Bytes of each function's minified code, by function name. */
  bundleBytes: Record<FunctionName, number>;
}

/**
 * Bundles the functions into `<outdir>/functions` and builds the app around them, without synthesizing it yet.
 *
 * @param options.outdir absent: where the CDK command line says
 * @param options.validate whether synthesis checks the template against CloudFormation's schemas (2.5 s)
 */
export function buildApp(options: { outdir?: string; context?: Record<string, string>; validate: boolean }) {
  const { validate, ...rest } = options;
  const app = new App({
    ...rest,
    // The behaviour the CDK recommends to new apps. In code, so that every way to synthesize gives the same template.
    context: { ...CURRENTLY_RECOMMENDED_FLAGS, ...options.context },
    builtinCloudFormationValidation: validate,
    // Neither a resource that reports to AWS which constructs are used, nor a file that only the CDK's own tools read.
    analyticsReporting: false,
    treeMetadata: false,
  });
  const settings = readSettings((key) => app.node.tryGetContext(key));
  const bundles = bundleFunctions(join(app.outdir, "functions"));
  const stack = new TouchlineStack(app, "Touchline", {
    stackName: `touchline-${settings.stage}`,
    description: "Touchline: every marketing touchpoint of every contact, and each night the viable leads",
    settings,
    bundles,
  });
  return { app, stack, bundles };
}

/**
 * Synthesizes the app in this process, with no command line: what `cdk synth` writes, and the template read back. The check
 * of the template against CloudFormation's schemas is left to `cdk synth`; it takes longer than all the rest.
 *
 * @param options.outdir where the cloud assembly goes; made if it is not there
 * @param options.context settings, as `cdk synth -c` takes them
 * @throws InvalidSetting, and esbuild's BuildFailure where a function does not bundle
 */
export function synthesize(options: { outdir: string; context?: Record<string, string> }): Assembly {
  const { app, stack, bundles } = buildApp({ ...options, outdir: resolve(options.outdir), validate: false });
  const { directory } = app.synth();
  const template = JSON.parse(
    readFileSync(join(directory, stack.templateFile), "utf8"),
  ) as CloudFormationTemplate;
  return {
    template,
    directory,
    codeDirectory: (logicalId) => {
      const code = template.Resources[logicalId]?.Properties?.Code as { S3Key?: string } | undefined;
      if (!code?.S3Key) throw new Error(`the template has no function ${logicalId}`);
      return join(directory, `asset.${code.S3Key.replace(/\.zip$/, "")}`);
    },
    bundleBytes: bundles.bytes,
  };
}
