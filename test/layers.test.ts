import { globSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

/** Imports go only down: a folder may import from those below it, and from its own. */
const layers: string[][] = [
  ["test"],
  ["infra", "functions"],
  // What the product does with AWS, and the edges that its functions share.
  ["shared/ingest", "shared/process", "shared/night", "shared/what-if", "shared/deliver", "shared/query"],
  ["shared/edge"],
  ["shared/store"],
  ["shared/queue", "shared/files", "shared/observe"],
  // Pure rules over plain data.
  [
    "shared/access",
    "shared/endpoint",
    "shared/http",
    "shared/identity",
    "shared/lead",
    "shared/policy",
    "shared/request",
    "shared/segment",
    "shared/table",
    "shared/timeline",
    "shared/touchpoint",
    "shared/webhook",
  ],
  // The script for websites is the browser's: it shares nothing with the rest.
  ["shared/settings.ts", "shared/snippet"],
];
const pure = layers[6]!;

const files = globSync("{infra,functions,shared,test}/**/*.ts", { cwd: root });
const importsOf = (file: string): string[] =>
  [
    ...readFileSync(join(root, file), "utf8").matchAll(
      /^\s*(?:import|export)\b[^"';]*?from\s+"([^"]+)"|^import\s+"([^"]+)"/gm,
    ),
  ].map(([, from, bare]) => (from ?? bare)!);
const placeOf = (file: string): string =>
  layers.flat().find((place) => file === place || file.startsWith(`${place}/`)) ?? "";
const rankOf = (file: string): number => layers.findIndex((layer) => layer.includes(placeOf(file)));

describe("imports", () => {
  test("every file has its place", () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((file) => rankOf(file) < 0)).toEqual([]);
  });

  test("go only down", () => {
    const upward = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith("."))
        .map((target) => relative(root, join(root, dirname(file), target)))
        .filter((target) => {
          if (target === "package.json") return false;
          const [from, to] = [rankOf(file), rankOf(target)];
          // The functions and the infrastructure know nothing of each other.
          return from === 1 && to === 1 ? placeOf(file) !== placeOf(target) : to < from;
        })
        .map((target) => `${file} → ${target}`),
    );
    expect(upward).toEqual([]);
  });

  test("a function imports no other function", () => {
    const folder = (file: string) => file.split("/")[1];
    const across = files
      .filter((file) => file.startsWith("functions/"))
      .filter((file) =>
        importsOf(file).some((target) => {
          const path = relative(root, join(root, dirname(file), target));
          return target.startsWith(".") && path.startsWith("functions/") && folder(path) !== folder(file);
        }),
      );
    expect(across).toEqual([]);
  });
});

describe("pure rules", () => {
  const pureFiles = files.filter((file) => pure.includes(placeOf(file)));
  const allowed = new Set([
    "node:buffer",
    "node:crypto",
    "node:stream",
    "node:string_decoder",
    "node:url",
    "node:util",
    "node:zlib",
  ]);

  test("import no SDK and do no input or output", () => {
    const outside = pureFiles.flatMap((file) =>
      importsOf(file)
        .filter(
          (target) =>
            /^(@aws|@middy)/.test(target) ||
            ((target.startsWith("node:") || builtinModules.includes(target)) && !allowed.has(target)),
        )
        .map((target) => `${file} → ${target}`),
    );
    expect(pureFiles.length).toBeGreaterThan(40);
    expect(outside).toEqual([]);
  });

  test("read no clock, no environment and no chance", () => {
    const impure = pureFiles.flatMap((file) => {
      // `newSecret` is where keys are made; nothing is folded from it.
      const code = readFileSync(join(root, file), "utf8").replace(/\/\*\*[\s\S]*?\*\//g, "");
      return [/Date\.now\(/, /new Date\(\)/, /process\.env/, /Math\.random/, /performance\./]
        .filter((pattern) => pattern.test(code))
        .map((pattern) => `${file}: ${pattern.source}`);
    });
    expect(impure).toEqual([]);
  });
});

describe("names", () => {
  test("no file is called for nothing", () => {
    expect(
      files.filter((file) => /(^|\/)(utils?|helpers?|common|misc|manager)(\/|\.|-)/i.test(file)),
    ).toEqual([]);
  });

  test("files outside tests can be read in one go", () => {
    const long = files.filter(
      (file) => !file.startsWith("test/") && readFileSync(join(root, file), "utf8").split("\n").length > 300,
    );
    expect(long).toEqual([]);
  });
});
