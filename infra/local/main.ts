import { readArguments, usage } from "./arguments.ts";
import { StartRefused, UnsupportedTemplate } from "./errors.ts";
import { localKeys } from "./local-keys.ts";
import { type Runtime, startRuntime } from "./runtime.ts";

/** A bounded goodbye: what is in the queues after it is there again at the next start. */
const drainAtStop = 10_000;

/** One Ctrl-C arrives several times: from the terminal, and once more from each npm in between. */
const sameCtrlC = 1_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const complain = (line: string): void => void process.stderr.write(`${line}\n`);

function fail(error: unknown): never {
  const expected = error instanceof StartRefused || error instanceof UnsupportedTemplate;
  complain(`touchline: ${expected ? error.message : error instanceof Error ? error.stack : String(error)}`);
  process.exit(1);
}

const keysTable = (): string[] => [
  "Local keys (known to everyone, good on this machine only):",
  ...localKeys.map(({ key, use }) => `  ${key.padEnd(18)}${use}`),
];

async function main(): Promise<void> {
  // Lambda's clock is in UTC, and the functions' threads share this process's.
  process.env.TZ = "UTC";
  const options = readArguments(process.argv.slice(2));
  if (options.help) return say(usage);

  let runtime: Runtime | undefined;
  let firstSignal: number | undefined;
  const onSignal = async () => {
    const now = Date.now();
    if (firstSignal !== undefined) {
      if (now - firstSignal > sameCtrlC) process.exit(130);
      return;
    }
    firstSignal = now;
    if (!runtime) process.exit(130);
    say("Stopping: finishing what has begun (Ctrl-C again to stop at once)");
    await runtime.stop({ drain: drainAtStop }).catch(fail);
    process.exit(0);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);

  runtime = await startRuntime({
    ...options,
    ...(process.env.AWS_ENDPOINT_URL && { emulatorUrl: process.env.AWS_ENDPOINT_URL }),
    onProgress: (message) => say(`Touchline: ${message} …`),
    onProblem: complain,
    onDeath: fail,
  });
  for (const line of keysTable()) say(line);
  say(`Touchline is ready: ${runtime.url}`);
}

main().catch(fail);
