/**
 * Where the processor time goes: `node test/bench/profile.ts [folder]` samples every thread of an instance under single
 * posts, arrays and timeline reads, and prints each thread's share and the costliest files. With a folder it keeps the
 * `.cpuprofile` files, which Chrome's developer tools and VS Code open.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { functionNames, pascalCase } from "../../infra/functions.ts";
import { type Assembly, synthesize } from "../../infra/synthesize.ts";
import { measureArrays, measureSingles, warmUp } from "./ingest.ts";
import { type Instance, startInstance } from "./instance.ts";
import { type CpuProfile, SourceNames, selfTimes } from "./profile-summary.ts";
import { measureReads, prepareTimeline } from "./reads.ts";
import { Workplace } from "./workplace.ts";

const seconds = 5;
const filesShown = 14;
const share = (part: number, whole: number): string => `${((part / whole) * 100).toFixed(1).padStart(5)} %`;

/** The function whose bundle a profile ran, or the script that its thread was started with. */
function threadOf(file: string, profile: CpuProfile, assembly: Assembly): string {
  const ran = functionNames.find((name) => {
    const folder = `${assembly.codeDirectory(`${pascalCase(name)}Function`)}/`;
    return profile.nodes.some(({ callFrame }) => callFrame.url.includes(folder));
  });
  const script = file.replace(/(-thread)?(-\d+)?\.cpuprofile$/, "");
  return ran ?? (script === "main" ? "gateway and pollers" : script);
}

function summarize(folder: string, assembly: Assembly): string {
  const names = new SourceNames();
  const threads = new Map<string, number>();
  const files = new Map<string, number>();
  const functions = new Map<string, number>();
  let whole = 0;
  const add = (sums: Map<string, number>, key: string, time: number) =>
    sums.set(key, (sums.get(key) ?? 0) + time);
  for (const file of readdirSync(folder)) {
    const profile = JSON.parse(readFileSync(join(folder, file), "utf8")) as CpuProfile;
    const thread = threadOf(file, profile, assembly);
    for (const { callFrame, milliseconds } of selfTimes(profile)) {
      const name = names.of(callFrame);
      whole += milliseconds;
      add(threads, thread, milliseconds);
      add(files, `${thread}: ${name.file}`, milliseconds);
      add(functions, `${thread}: ${name.file} ${name.functionName}`, milliseconds);
    }
  }
  const top = (sums: Map<string, number>, count: number) =>
    [...sums]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([key, time]) => `  ${share(time, whole)}  ${key}`);
  return [
    "by thread",
    ...top(threads, 12),
    "by file",
    ...top(files, 3 * filesShown),
    "by function",
    ...top(functions, 2 * filesShown),
  ].join("\n");
}

async function profiled(
  what: string,
  instance: Instance,
  assembly: Assembly,
  folder: string,
  work: () => Promise<unknown>,
) {
  await instance.startProfile();
  await work();
  await instance.stopProfile(folder);
  process.stdout.write(`\n${what}\n${summarize(folder, assembly)}\n`);
}

async function main(workplace: Workplace): Promise<void> {
  const kept = process.argv[2];
  const folder = (name: string) => (kept === undefined ? workplace.folder(name) : join(kept, name));
  const assembly = synthesize({ outdir: workplace.folder("assembly"), context: { stage: "local" } });
  const instance = await startInstance(workplace, assembly.directory);
  const timeline = await prepareTimeline(instance);
  await warmUp(instance, seconds / 2);
  await measureReads(instance, timeline, 1);
  await profiled("Single posts", instance, assembly, folder("singles"), () =>
    measureSingles(instance, 10, seconds),
  );
  await profiled("Arrays of 100", instance, assembly, folder("arrays"), () =>
    measureArrays(instance, seconds),
  );
  await profiled("Timeline reads", instance, assembly, folder("reads"), () =>
    measureReads(instance, timeline, seconds),
  );
  await instance.stop();
}

main(new Workplace()).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`profile: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
