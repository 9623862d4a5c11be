import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { bundleFunctions } from "../../infra/bundle.ts";
import { functionNames } from "../../infra/functions.ts";
import type { FunctionName } from "../../shared/http/routes.ts";
import { environmentNames } from "../../shared/settings.ts";

const outdir = mkdtempSync(join(tmpdir(), "touchline-bundle-"));
const bundles = bundleFunctions(outdir);
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

describe("bundles", () => {
  test("there is one for every folder under functions", () => {
    const folders = readdirSync("functions", { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    expect(functionNames.toSorted()).toEqual(folders.toSorted());
  });

  test("each is an ES module that exports handler", () => {
    const urls = functionNames.map((name) => pathToFileURL(join(bundles.directory(name), "index.mjs")).href);
    // In a process of its own: the test runner would load the modules in its own way, and they read settings as they load.
    const script = `const types = {};
      for (const url of ${JSON.stringify(urls)}) types[url] = typeof (await import(url)).handler;
      console.log(JSON.stringify(types));`;
    const settings = Object.fromEntries(
      Object.values(environmentNames).map((name) => [name, "https://example.com"]),
    );
    const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
      env: { ...settings, AWS_REGION: "eu-west-1" },
      encoding: "utf8",
    });
    expect(JSON.parse(printed)).toEqual(Object.fromEntries(urls.map((url) => [url, "function"])));
  });

  test.each(functionNames)(
    "%s lies beside its source map, which names sources without copying them",
    (name) => {
      const directory = bundles.directory(name);
      expect(readdirSync(directory).toSorted()).toEqual(["index.mjs", "index.mjs.map"]);
      const map = JSON.parse(readFileSync(join(directory, "index.mjs.map"), "utf8")) as {
        sources: string[];
        sourcesContent?: unknown;
      };
      expect(map.sources.some((source) => source.endsWith(`functions/${name}/index.ts`))).toBe(true);
      expect(map.sourcesContent).toBeUndefined();
    },
  );

  test.each([
    ["form-fill", 400],
    ["event-check-in", 400],
    ["email-click", 400],
    ["collect", 400],
    ["webhook", 400],
  ] as const)("%s answers senders, so it stays under %i KB", (name, limit) => {
    expect(bundles.bytes[name]).toBe(readFileSync(join(bundles.directory(name), "index.mjs")).byteLength);
    expect(bundles.bytes[name]).toBeLessThan(limit * 1000);
  });

  test.each(["form-fill", "event-check-in", "email-click", "collect", "webhook", "process"] as const)(
    "%s records clicks and leaves it to others to judge them",
    (name) => {
      const { sources } = JSON.parse(
        readFileSync(join(bundles.directory(name), "index.mjs.map"), "utf8"),
      ) as { sources: string[] };
      expect(sources.filter((source) => source.includes("node_modules/isbot/"))).toEqual([]);
    },
  );

  const inputsOf = (name: FunctionName): string[] => {
    const [, output] = Object.entries(bundles.metafile.outputs).find(([path]) =>
      path.endsWith(`/${name}/index.mjs`),
    )!;
    return Object.keys(output.inputs);
  };

  test("those that answer senders leave the lists of domains to the queue's other end", () => {
    const lists = (name: FunctionName) =>
      inputsOf(name).filter((path) => /\/(tldts|email-providers)\//.test(path));
    expect(lists("process")).not.toEqual([]);
    for (const name of ["form-fill", "event-check-in", "email-click", "collect", "webhook"] as const)
      expect(lists(name)).toEqual([]);
  });

  test("none makes code of text", () => {
    for (const name of functionNames)
      expect(readFileSync(join(bundles.directory(name), "index.mjs"), "utf8")).not.toMatch(
        /\bnew Function\(|\beval\(/,
      );
  });

  test("none carries the credential chain that Lambda never uses", () => {
    const chain = Object.keys(bundles.metafile.inputs).filter((path) =>
      /credential-provider-(?!env\/)|token-providers/.test(path),
    );
    expect(chain).toEqual([]);
  });

  test("none carries infra beside the stand-in for that chain", () => {
    const infra = Object.keys(bundles.metafile.inputs).filter((path) => path.startsWith("infra/"));
    expect(infra.filter((path) => path !== "infra/environment-credentials.ts")).toEqual([]);
  });
});
