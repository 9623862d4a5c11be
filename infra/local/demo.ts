import { demoUsage, readDemoArguments } from "./demo/arguments.ts";
import { fillDemo } from "./demo/fill.ts";
import { DemoFailed } from "./demo/local-instance.ts";
import { reportOf } from "./demo/report.ts";
import type { OnProgress } from "./demo/send.ts";

const say = (text: string): void => void process.stdout.write(text);

/** One line for each thing that is sent: counted up in place on a terminal, once complete elsewhere. */
const progress: OnProgress = (what, done, total) => {
  const line = `Sending ${what}: ${done} of ${total}`;
  if (done === total) say(`${process.stdout.isTTY ? "\r" : ""}${line}\n`);
  else if (process.stdout.isTTY) say(`\r${line}`);
};

async function main(): Promise<void> {
  const { help, ...options } = readDemoArguments(process.argv.slice(2));
  if (help) return say(demoUsage);
  const result = await fillDemo({ ...options, now: new Date(), onProgress: progress });
  say(`\n${reportOf(result).join("\n")}\n`);
}

main().catch((error: unknown) => {
  const reason =
    error instanceof DemoFailed ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`touchline: ${reason}\n`);
  process.exitCode = 1;
});
