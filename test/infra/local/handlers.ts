import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Registers what ends a thing: `onTestFinished` for one test, `afterAll` for all tests of a block. */
export type AtEnd = (end: () => Promise<void> | void) => void;

import { Functions, type FunctionsOptions } from "../../../infra/local/functions.ts";
import type { FunctionDefinition } from "../../../infra/local/stack.ts";

/** A folder that is gone when the test has finished. */
export function temporaryFolder(atEnd: AtEnd = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), "touchline-"));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A definition of a function whose module is written to a temporary folder. */
export function functionOf(
  name: string,
  source: string,
  definition: Partial<FunctionDefinition> = {},
  atEnd: AtEnd = onTestFinished,
): FunctionDefinition {
  const directory = join(temporaryFolder(atEnd), name);
  mkdirSync(directory);
  writeFileSync(join(directory, "index.mjs"), source);
  return {
    name,
    logicalId: `${name}Function`,
    directory,
    handler: "index.handler",
    environment: {},
    timeoutSeconds: 20,
    memoryMegabytes: 256,
    retries: 0,
    ...definition,
  };
}

/** Functions that run until the test has finished. */
export function runFunctions(
  definitions: FunctionDefinition[],
  options: Partial<FunctionsOptions> = {},
  atEnd: AtEnd = onTestFinished,
): Functions {
  const functions = new Functions(definitions, {
    environment: {},
    logFile: join(temporaryFolder(atEnd), "functions.log"),
    ...options,
  });
  atEnd(() => functions.stop());
  return functions;
}
