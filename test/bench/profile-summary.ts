import { existsSync, readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { fileURLToPath } from "node:url";

export interface CallFrame {
  functionName: string;
  url: string;
  /** From 0. */
  lineNumber: number;
  columnNumber: number;
}

/** What V8's profiler writes. */
export interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame }[];
  samples: number[];
  /** Microseconds before each sample. */
  timeDeltas: number[];
}

/** How long each frame was on top of the stack; waiting is left out. */
export function selfTimes({
  nodes,
  samples,
  timeDeltas,
}: CpuProfile): { callFrame: CallFrame; milliseconds: number }[] {
  const times = new Map<number, number>();
  for (const [index, id] of samples.entries()) {
    times.set(id, (times.get(id) ?? 0) + (timeDeltas[index] ?? 0) / 1_000);
  }
  return nodes.flatMap(({ id, callFrame }) => {
    const milliseconds = times.get(id) ?? 0;
    return milliseconds > 0 && callFrame.functionName !== "(idle)" ? [{ callFrame, milliseconds }] : [];
  });
}

/** Names frames by their source: bundles are read through their source maps, packages are named as a whole. */
export class SourceNames {
  readonly #maps = new Map<string, SourceMap | undefined>();

  of({ url, functionName, lineNumber, columnNumber }: CallFrame): { file: string; functionName: string } {
    if (url === "") return { file: functionName, functionName: "" };
    if (!url.startsWith("file:")) return { file: url, functionName };
    const entry = this.#mapOf(fileURLToPath(url))?.findEntry(lineNumber, columnNumber);
    if (!entry || !("originalSource" in entry)) return { file: short(url), functionName };
    const file = short(entry.originalSource);
    return { file, functionName: `${functionName} at line ${entry.originalLine + 1}` };
  }

  #mapOf(file: string): SourceMap | undefined {
    if (!this.#maps.has(file)) {
      const map = `${file}.map`;
      const payload = existsSync(map)
        ? (JSON.parse(readFileSync(map, "utf8")) as SourceMapPayload)
        : undefined;
      this.#maps.set(file, payload && new SourceMap(payload));
    }
    return this.#maps.get(file);
  }
}

/** `@aws-sdk/client-dynamodb` for what is in a package, else the path inside the repository. */
function short(path: string): string {
  const [, inPackages] = path.split(/^.*node_modules\//);
  const parts = inPackages?.split("/");
  if (parts) return parts.slice(0, parts[0]?.startsWith("@") ? 2 : 1).join("/");
  return path.replace(/^.*\/((?:shared|functions|infra|test)\/)/, "$1");
}
