import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { functionNames, pascalCase } from "../../infra/functions.ts";
import type { Assembly } from "../../infra/synthesize.ts";
import type { FunctionName } from "../../shared/http/routes.ts";
import { environmentNames } from "../../shared/settings.ts";
import { type Figure, percentile } from "./figure.ts";

const ingestFunctions: readonly FunctionName[] = [
  "form-fill",
  "event-check-in",
  "email-click",
  "collect",
  "webhook",
];

const program = `
const start = performance.now();
await import(process.argv[1]);
console.log(performance.now() - start);
process.exit();
`;

/** What a module asks of its environment while it is evaluated; nothing is reached. */
const environment = {
  ...Object.fromEntries(Object.values(environmentNames).map((name) => [name, "http://127.0.0.1:9/bench"])),
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "bench",
  AWS_SECRET_ACCESS_KEY: "bench",
};

async function importMilliseconds(module: string): Promise<number> {
  const args = ["--input-type=module", "--eval", program, pathToFileURL(module).href];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: environment });
  return Number(stdout);
}

/**
 * Size of each function's code, and the time that a fresh process takes to load, compile and evaluate it: the median
 * of several, which leaves out the start of Node itself.
 */
export async function measureBundles(assembly: Assembly, runs: number): Promise<Figure[]> {
  const sizes: Figure[] = functionNames.map((name) => ({
    section: "Bundles, minified, without the source map",
    name,
    value: assembly.bundleBytes[name] / 1_000,
    unit: "KB",
    ...(ingestFunctions.includes(name) && { aim: { bound: "at most", value: 400 } }),
  }));
  const times: Figure[] = [];
  for (const name of functionNames) {
    const module = join(assembly.codeDirectory(`${pascalCase(name)}Function`), "index.mjs");
    const samples: number[] = [];
    for (let run = 0; run < runs; run++) samples.push(await importMilliseconds(module));
    samples.sort((a, b) => a - b);
    times.push({
      section: `Import in a fresh process, median of ${runs}`,
      name,
      value: percentile(samples, 0.5),
      unit: "ms",
    });
  }
  return [...sizes, ...times];
}
