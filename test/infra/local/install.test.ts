import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "./handlers.ts";

const script = resolve(import.meta.dirname, "../../../infra/local/install.mjs");

type Packages = Record<string, { version: string; integrity?: string; optional?: boolean }>;
const wanted: Packages = {
  "": { version: "1.0.0" },
  "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
  "node_modules/for-windows": { version: "2.0.0", optional: true },
};

/** Runs the script on a project with an npm that writes down that it was asked, and ends with `status`. */
function install(installed: Packages | undefined, status = 0) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ packages: wanted }));
  if (installed) {
    mkdirSync(join(folder, "node_modules"));
    writeFileSync(join(folder, "node_modules/.package-lock.json"), JSON.stringify({ packages: installed }));
  }
  const npm = join(folder, "npm.cjs");
  writeFileSync(npm, `console.error("npm", process.argv[2]); process.exit(${status})`);
  const env = { ...process.env, npm_execpath: npm, npm_node_execpath: process.execPath };
  const {
    stdout,
    stderr,
    status: code,
  } = spawnSync(process.execPath, [script, folder], { encoding: "utf8", env });
  return { stdout, stderr, code };
}

describe("before a start", () => {
  test("nothing is installed or said where all is there but what other platforms need", () => {
    const installed = { "node_modules/a": wanted["node_modules/a"]! };
    // An npm that fails shows that it was not asked.
    expect(install(installed, 1)).toEqual({ stdout: "", stderr: "", code: 0 });
  });

  test.each<[string, Packages | undefined]>([
    ["nothing is installed", undefined],
    ["a package is missing", {}],
    ["a package has another version", { "node_modules/a": { version: "0.9.0" } }],
    ["a package has another content", { "node_modules/a": { version: "1.0.0", integrity: "sha512-b" } }],
  ])("what the lockfile names is installed, with one line, where %s", (_name, installed) => {
    const { stdout, stderr, code } = install(installed);
    expect(stdout).toMatch(/^Installing the dependencies .*\n$/);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  });

  test("an installation that fails shows npm's reason and fails", () => {
    const { stderr, code } = install(undefined, 7);
    expect(stderr).toBe(
      "npm ci\ntouchline: the dependencies could not be installed: npm's reason is above\n",
    );
    expect(code).toBe(7);
  });
});
