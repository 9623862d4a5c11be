import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { StartRefused } from "./errors.ts";
import { isRecord, type Template } from "./intrinsics.ts";

/** A synthesized app, as `cdk deploy` would take it. */
export interface LocalAssembly {
  template: Template;
  /** The folder with a function's bundle, by logical id. */
  codeDirectory(logicalId: string): string;
}

/**
 * Synthesizes the app as it stands, in a thread of its own: the seconds it takes block nobody, and the CDK's memory is
 * given back.
 *
 * @param outdir emptied first where it holds an earlier synthesis
 * @param context settings of the app, as `cdk synth -c` takes them
 * @throws StartRefused with the reason that the synthesis gave
 */
export async function synthesizeApp(outdir: string, context: Record<string, string>): Promise<LocalAssembly> {
  if (existsSync(join(outdir, "manifest.json"))) rmSync(outdir, { recursive: true });
  const directory = await new Promise<string>((fulfil, reject) => {
    const worker = new Worker(new URL("./synthesis-thread.ts", import.meta.url), {
      workerData: { outdir: resolve(outdir), context },
      execArgv: [],
    });
    const refuse = (reason: string) => reject(new StartRefused(`the app cannot be synthesized: ${reason}`));
    worker.on("message", fulfil);
    worker.on("error", (error: unknown) => refuse(error instanceof Error ? error.message : String(error)));
    worker.on("exit", () => refuse("its thread ended"));
  });
  return readAssembly(directory);
}

/**
 * Reads what `cdk synth` wrote.
 * @throws StartRefused where there is no assembly of one stack
 */
export function readAssembly(directory: string): LocalAssembly {
  const read = (file: string): unknown => {
    try {
      return JSON.parse(readFileSync(join(directory, file), "utf8"));
    } catch {
      throw new StartRefused(`${directory} is not the output of cdk synth: ${file} cannot be read`);
    }
  };
  const manifest = read("manifest.json") as {
    artifacts?: Record<string, { type: string; properties?: unknown }>;
  };
  const templates = Object.values(manifest.artifacts ?? {})
    .filter(({ type }) => type === "aws:cloudformation:stack")
    .flatMap(({ properties }) => (isRecord(properties) ? [String(properties.templateFile)] : []));
  const [templateFile] = templates;
  if (templateFile === undefined || templates.length > 1) {
    throw new StartRefused(`${directory} has ${templates.length} stacks, and the local runtime runs one`);
  }
  const template = read(templateFile) as Template;
  return {
    template,
    codeDirectory: (logicalId) => {
      const code = template.Resources[logicalId]?.Properties?.Code;
      const key = isRecord(code) ? code.S3Key : undefined;
      if (typeof key !== "string")
        throw new StartRefused(`function ${logicalId} has no code in ${directory}`);
      return join(resolve(directory), `asset.${key.replace(/\.zip$/, "")}`);
    },
  };
}
