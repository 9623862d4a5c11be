import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { synthesizeApp } from "../../infra/local/assembly.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The app, synthesized once for all tests that run it. */
    assembly: string;
  }
}

/** Before all tests: what would be deployed, once. */
export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "touchline-assembly-"));
  const directory = join(folder, "assembly");
  await synthesizeApp(directory, { stage: "local" });
  project.provide("assembly", directory);
  return () => rmSync(folder, { recursive: true, force: true });
}
