import { join } from "node:path";
import { SQSClient } from "@aws-sdk/client-sqs";
import { readAssembly, synthesizeApp } from "./assembly.ts";
import { type DataFolder, takeDataFolder } from "./data-folder.ts";
import { drainer } from "./drain.ts";
import { Functions } from "./functions.ts";
import { gateway } from "./gateway.ts";
import { type Listener, listen } from "./listener.ts";
import { withLocalRoutes } from "./local-routes.ts";
import { Poller } from "./poller.ts";
import { startSchedules } from "./scheduler.ts";
import { seed } from "./seed.ts";
import { type Endpoints, type Services, startServices, useEmulator } from "./services.ts";
import type { Stores } from "./stack.ts";
import { readTemplate } from "./template.ts";

export interface RuntimeOptions {
  /** 0 for any that is free. */
  port: number;
  dataDirectory: string;
  /** A loopback address. */
  host?: string;
  /** Settings of the app, as `cdk synth -c` takes them. */
  context?: Record<string, string>;
  /** Where the app is synthesized to; by default a folder in the data folder. */
  outdir?: string;
  /** The output of an earlier synthesis, run instead of the app as it stands. */
  assembly?: string;
  /** An emulator of AWS that runs already, used for DynamoDB, SQS and S3. */
  emulatorUrl?: string;
  /** Told what takes its time while it starts. */
  onProgress?: (message: string) => void;
  /** Told of failed invocations and unreachable queues, in one line without data. */
  onProblem?: (problem: string) => void;
  /** Told when a part of the runtime that all need has died. */
  onDeath?: (error: Error) => void;
}

export interface Runtime {
  /** Where the HTTP API answers, without a slash at the end. */
  url: string;
  endpoints: Endpoints;
  /** The AWS_* variables that a client of the local services needs. */
  environment: Record<string, string>;
  tableName: string;
  /** The file that the functions write to. */
  logFile: string;
  /** Resolves when every queue is empty and every invocation has ended; with false if that takes too long. */
  drain(boundMilliseconds?: number): Promise<boolean>;
  /** Invokes a function, named in short or in full. Throws InvocationFailed. */
  invoke(functionName: string, event: unknown): Promise<unknown>;
  /**
   * Stops: takes no more requests, lets what has begun end, and ends.
   * @param options.drain how long the queues may be worked off before, in milliseconds
   */
  stop(options?: { drain?: number }): Promise<void>;
}

/** What has begun may take this long when the runtime stops. */
const stopBound = 5_000;

/**
 * Runs the product on this machine: synthesizes the app, and runs what the template names.
 * Ready means that the table exists, functions can be invoked and the local keys are known.
 *
 * @throws StartRefused where the port, the data folder or what is in it prevents it
 * @throws UnsupportedTemplate where the template asks for what is not known here
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const undo: (() => unknown)[] = [];
  try {
    return await start(options, undo);
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}

async function start(options: RuntimeOptions, undo: (() => unknown)[]): Promise<Runtime> {
  const { onProgress = () => {}, onProblem = () => {}, onDeath = () => {} } = options;
  const folder = takeDataFolder(options.dataDirectory);
  undo.push(() => folder.release());
  const listener = await listen(options.host ?? "127.0.0.1", options.port);
  undo.push(() => listener.close(0));

  if (!options.assembly) onProgress("synthesizing the CDK app");
  const outdir = options.outdir ?? join(folder.path, "assembly");
  const assembly = options.assembly
    ? readAssembly(options.assembly)
    : await synthesizeApp(outdir, { stage: "local", ...options.context });
  const template = readTemplate(assembly.template);

  onProgress(options.emulatorUrl ? `using ${options.emulatorUrl}` : "starting DynamoDB, SQS and S3");
  const services = await openServices(template.stores, folder, options.emulatorUrl, onDeath);
  undo.push(() => services.close());
  const addresses = { apiUrl: listener.url, queueUrl: (name: string) => services.queueUrl(name) };
  const application = template.application(addresses, (logicalId) => assembly.codeDirectory(logicalId));
  const { environment, endpoints } = services;
  const functions = new Functions(application.functions, {
    environment,
    logFile: folder.logFile,
    onFailure: (name, { errorType }) => onProblem(`${name} failed: ${errorType}, see ${folder.logFile}`),
  });
  undo.push(() => functions.stop());
  const tableName = template.stores.tables[0]?.name ?? "";
  onProgress("preparing the local keys");
  await seed({ endpoints, environment, tableName });

  const sqs = new SQSClient(clientOf(services));
  const pollers = application.mappings.map(
    (mapping) =>
      new Poller(mapping, {
        sqs,
        queueUrl: services.queueUrl(mapping.queueName),
        run: (payload) => functions.run(mapping.functionName, payload),
        onProblem,
      }),
  );
  const endSchedules = startSchedules(application.schedules, (name, payload) =>
    functions.runAsynchronously(name, payload),
  );
  const consumed = new Set(application.mappings.map(({ queueName }) => queueName));
  const deadLetters = template.stores.queues.flatMap(({ redrive }) =>
    redrive ? [redrive.deadLetterQueueName] : [],
  );
  const keptAside = new Set(deadLetters.filter((name) => !consumed.has(name)));
  const drain = drainer({ functions, pollers, services, keptAside });
  // What chooses its own pauses waits for somebody else: to stop is no reason to hurry it, and it goes on with the next start.
  const paced = pollers.filter(({ mapping }) => mapping.pacesItself);
  const drainBeforeStop = drainer({
    functions,
    pollers: pollers.filter((poller) => !paced.includes(poller)),
    services,
    keptAside: new Set([...keptAside, ...paced.map(({ mapping }) => mapping.queueName)]),
  });
  const status = async () => ({
    endpoints,
    tableName,
    queues: await services.depths(),
    queueRequests: await services.queueRequests(),
    functions: functions.status(),
  });
  const run = (name: string, payload: string, requestId?: string) => functions.run(name, payload, requestId);
  listener.serve(withLocalRoutes({ status, drain }, gateway(application.routes, run)));

  const parts: Parts = { listener, endSchedules, pollers, functions, sqs, services, folder, drainBeforeStop };
  let stopping: Promise<void> | undefined;
  return {
    url: listener.url,
    endpoints,
    environment,
    tableName,
    logFile: folder.logFile,
    drain,
    invoke: (name, event) => functions.invoke(name, event),
    stop: ({ drain: bound = 0 } = {}) => {
      stopping ??= stop(parts, bound);
      return stopping;
    },
  };
}

interface Parts {
  listener: Listener;
  endSchedules: () => void;
  pollers: Poller[];
  functions: Functions;
  sqs: SQSClient;
  services: Services;
  folder: DataFolder;
  drainBeforeStop: (boundMilliseconds: number) => Promise<boolean>;
}

async function stop(parts: Parts, drainBound: number): Promise<void> {
  const { listener, endSchedules, pollers, functions, sqs, services, folder, drainBeforeStop } = parts;
  endSchedules();
  await listener.close(stopBound);
  if (drainBound > 0) await drainBeforeStop(drainBound);
  // A batch that takes longer than the bound is cut off; its messages are still in the queue.
  const cutOff = setTimeout(() => void functions.stop(), stopBound);
  await Promise.all(pollers.map((poller) => poller.stop()));
  clearTimeout(cutOff);
  await functions.stop();
  sqs.destroy();
  await services.close();
  folder.release();
}

function openServices(
  stores: Stores,
  folder: DataFolder,
  emulatorUrl: string | undefined,
  onDeath: (error: Error) => void,
): Promise<Services> {
  return emulatorUrl ? useEmulator(stores, emulatorUrl) : startServices(stores, folder.path, onDeath);
}

const clientOf = ({ endpoints, environment }: Services) => ({
  endpoint: endpoints.sqs,
  region: environment.AWS_REGION!,
  credentials: {
    accessKeyId: environment.AWS_ACCESS_KEY_ID!,
    secretAccessKey: environment.AWS_SECRET_ACCESS_KEY!,
  },
});
