import { join, resolve } from "node:path";
import { buildSync, type Metafile } from "esbuild";
import type { FunctionName } from "../shared/http/routes.ts";
import { functionNames } from "./functions.ts";

const root = resolve(import.meta.dirname, "..");

/** What one run of esbuild made. */
export interface Bundles {
  /** The folder of a function's code: `index.mjs` and its source map, nothing else. */
  directory(name: FunctionName): string;
  /** Size of each function's minified code in bytes, without the source map. */
  bytes: Record<FunctionName, number>;
  /** esbuild's account of what each bundle is made of. */
  metafile: Metafile;
}

// A CommonJS dependency inside an ES module still calls require() for Node's own modules.
const requireBanner =
  'import{createRequire as touchlineCreateRequire}from"node:module";const require=touchlineCreateRequire(import.meta.url);';

/**
 * The script for websites, minified: what `GET /touchline.js` answers. Its syntax is that of browsers since 2019.
 * @throws esbuild's BuildFailure, whose message names file and line
 */
export function bundleSnippet(): string {
  const { outputFiles } = buildSync({
    absWorkingDir: root,
    entryPoints: ["shared/snippet/index.ts"],
    bundle: true,
    write: false,
    format: "iife",
    platform: "browser",
    target: "es2019",
    minify: true,
    legalComments: "none",
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}

/**
 * Bundles all functions in one run of esbuild (one process and one parse of the SDK for all, rather than one each),
 * one folder per function.
 *
 * @param outdir where the folders go; made if it is not there
 * @throws esbuild's BuildFailure, whose message names file and line
 */
export function bundleFunctions(outdir: string): Bundles {
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(
      functionNames.map((name) => [`${name}/index`, `functions/${name}/index.ts`]),
    ),
    outdir: resolve(outdir),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    mainFields: ["module", "main"],
    minify: true,
    sourcemap: true,
    sourcesContent: false,
    legalComments: "none",
    banner: { js: requireBanner },
    define: { TOUCHLINE_SNIPPET: JSON.stringify(bundleSnippet()) },
    alias: { "@aws-sdk/credential-provider-node": join(root, "infra/environment-credentials.ts") },
    metafile: true,
    logLevel: "silent",
  });
  const outputs = new Map(
    Object.entries(metafile.outputs).map(([path, output]) => [resolve(root, path), output.bytes]),
  );
  const directory = (name: FunctionName) => resolve(outdir, name);
  const bytes = Object.fromEntries(
    functionNames.map((name) => [name, outputs.get(join(directory(name), "index.mjs")) ?? 0]),
  ) as Record<FunctionName, number>;
  return { directory, bytes, metafile };
}
