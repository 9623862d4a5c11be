/**
 * The process of one instance under measurement: the runtime, and what only its own process can tell. It is thrown away
 * by a kill; losing its parent ends it too.
 */
import { startRuntime } from "../../infra/local/runtime.ts";
import type { InstanceQuestion, InstanceReply, Usage } from "./instance-messages.ts";
import { ThreadProfiler } from "./thread-profiler.ts";

const [dataDirectory = "", assembly = ""] = process.argv.slice(2);
const reply = (message: InstanceReply): void => void process.send?.(message);

// A terminal's Ctrl-C reaches the whole group; the parent decides when this ends.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit(1));

const runtime = await startRuntime({
  port: 0,
  dataDirectory,
  assembly,
  onProblem: (problem) => process.stderr.write(`${problem}\n`),
  onDeath: (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
});

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuMilliseconds: (user + system) / 1_000 };
}

const profiler = new ThreadProfiler();

process.on("message", async ({ id, question, folder = "" }: InstanceQuestion) => {
  if (question === "startProfile") await profiler.start();
  if (question === "stopProfile") await profiler.stop(folder);
  reply({ kind: "answer", id, usage: usage() });
});

const { url, logFile, endpoints, environment, tableName } = runtime;
reply({ kind: "ready", url, logFile, dynamodb: endpoints.dynamodb, environment, tableName });
