import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Assembly, type CloudFormationResource, synthesize } from "../../infra/synthesize.ts";

/** A synthesized app for a test file, in a folder of its own that `remove` takes away. */
export interface Synthesized extends Assembly {
  resources(
    type: string,
  ): Array<[logicalId: string, properties: Properties, resource: CloudFormationResource]>;
  properties(logicalId: string): Properties;
  remove(): void;
}

/** Properties of a resource, as deep as a test looks into them. */
// biome-ignore lint/suspicious/noExplicitAny: a template has as many shapes as there are resource types
export type Properties = Record<string, any>;

export function synthesizeForTest(context?: Record<string, string>): Synthesized {
  const outdir = mkdtempSync(join(tmpdir(), "touchline-infra-"));
  const assembly = synthesize({ outdir, ...(context && { context }) });
  const entries = Object.entries(assembly.template.Resources);
  return {
    ...assembly,
    resources: (type) =>
      entries.filter(([, { Type }]) => Type === type).map(([id, it]) => [id, it.Properties ?? {}, it]),
    properties: (logicalId) => assembly.template.Resources[logicalId]?.Properties ?? {},
    remove: () => rmSync(outdir, { recursive: true, force: true }),
  };
}
