import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { synthesize } from "../../infra/synthesize.ts";
import { measureBundles } from "./bundles.ts";
import { measureDeep } from "./deep.ts";
import { measureDelay, measureDelayUnderLoad } from "./delay.ts";
import { type Figure, isMet, table } from "./figure.ts";
import { measureArrays, measureRegulars, measureSingles, warmUp } from "./ingest.ts";
import { startInstance } from "./instance.ts";
import { measureNight, type NightResult, nightFigures } from "./night.ts";
import { measureReads, prepareTimeline } from "./reads.ts";
import { measureWhatIf } from "./what-if.ts";
import { Workplace } from "./workplace.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "string", default: "bench-results.json" },
  },
});

/** How much of everything: enough to trust, or enough to see. */
const size = values.quick
  ? {
      seconds: 2,
      warmUp: 2,
      probes: 6,
      imports: 3,
      groups: 1,
      inactive: [500, 5_000],
      deep: { touches: 10_000, crowd: 1_000, reads: 9 },
      whatIf: 2_000,
    }
  : {
      seconds: 12,
      warmUp: 6,
      probes: 30,
      imports: 9,
      groups: 5,
      inactive: [1_000, 10_000],
      deep: { touches: 100_000, crowd: 10_000, reads: 15 },
      whatIf: 100_000,
    };

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const started = performance.now();
const progress = (what: string): void =>
  say(`${((performance.now() - started) / 1_000).toFixed(0).padStart(4)} s  ${what}`);

async function measureInstance(workplace: Workplace, assembly: string): Promise<Figure[]> {
  const { seconds } = size;
  progress("starting a fresh instance and warming it up");
  const instance = await startInstance(workplace, assembly);
  await warmUp(instance, size.warmUp);
  const figures: Figure[] = [];
  progress("single posts over 10 connections");
  const few = await measureSingles(instance, 10, seconds);
  progress("single posts over 50 connections");
  const many = await measureSingles(instance, 50, seconds);
  progress("arrays of 100");
  const arrays = await measureArrays(instance, seconds);
  progress("arrays of 100, 20 touches per person");
  const regulars = await measureRegulars(instance, size.groups);
  for (const measured of [few, many, arrays, regulars]) figures.push(...measured.figures);
  progress("timeline reads");
  figures.push(...(await measureReads(instance, await prepareTimeline(instance), seconds)));
  progress("time until the timeline shows a touch");
  figures.push(...(await measureDelay(instance, size.probes)));
  progress("the same beside single posts");
  figures.push(...(await measureDelayUnderLoad(instance, size.probes, few.storedPerSecond)));
  await instance.stop();
  return figures;
}

async function measureNights(workplace: Workplace, assembly: string): Promise<Figure[]> {
  const nights: NightResult[] = [];
  for (const inactive of size.inactive) {
    progress(`the night beside ${inactive} inactive contacts`);
    const instance = await startInstance(workplace, assembly);
    nights.push(await measureNight(instance, inactive));
    await instance.stop();
  }
  return nightFigures(nights);
}

async function measureDepth(workplace: Workplace, assembly: string): Promise<Figure[]> {
  progress(`contacts with ${size.deep.touches} touches, and a kiosk with ${size.deep.crowd} people`);
  const instance = await startInstance(workplace, assembly);
  const figures = await measureDeep(instance.table, size.deep);
  await instance.stop();
  return figures;
}

async function measureRecount(workplace: Workplace, assembly: string): Promise<Figure[]> {
  progress(`filling an instance with ${size.whatIf} contacts and counting them anew under a draft`);
  const instance = await startInstance(workplace, assembly);
  const figures = await measureWhatIf(instance, size.whatIf);
  await instance.stop();
  return figures;
}

async function bench(workplace: Workplace): Promise<void> {
  progress("synthesizing the CDK app");
  const assembly = synthesize({ outdir: workplace.folder("assembly"), context: { stage: "local" } });
  const { directory } = assembly;
  const generatorBefore = process.cpuUsage();
  const ingestAndReads = await measureInstance(workplace, directory);
  const nights = await measureNights(workplace, directory);
  const deep = await measureDepth(workplace, directory);
  const recount = await measureRecount(workplace, directory);
  const own = process.cpuUsage(generatorBefore);
  progress("importing the functions' bundles");
  const imports = await measureBundles(assembly, size.imports);

  const figures = [...ingestAndReads, ...nights, ...deep, ...recount, ...imports];
  progress("done");
  say(table(figures));
  const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model ?? "" };
  const results = figures.map((figure) => ({ ...figure, met: isMet(figure) }));
  const measuredAt = new Date().toISOString();
  writeFileSync(
    values.json,
    `${JSON.stringify({ measuredAt, quick: values.quick, machine, results }, null, 2)}\n`,
  );
  const missed = results.filter(({ met }) => met === false).length;
  say("");
  say(
    `${machine.cpus} cores (${machine.model}), Node ${machine.node}; the load generator used ${((own.user + own.system) / 1e6).toFixed(1)} s of them.`,
  );
  say(`${missed === 0 ? "Every aim is met" : `${missed} aims are not met`}. Written to ${values.json}.`);
}

bench(new Workplace()).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`bench: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
