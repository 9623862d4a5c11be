import { parentPort, workerData } from "node:worker_threads";
import { synthesize } from "../synthesize.ts";

const { directory } = synthesize(workerData as { outdir: string; context: Record<string, string> });
parentPort!.postMessage(directory);
