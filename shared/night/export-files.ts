import { changesCsv } from "../lead/changes-csv.ts";
import { leadFiles } from "../lead/formats.ts";
import { type Run, runFolder, runIdOf } from "../lead/run.ts";
import { sha256Hex } from "../table/keys.ts";
import type { Members } from "./members.ts";

/** Where a run keeps what it froze. */
export const membersFile = (number: number): string => `${runFolder(number)}members.json`;

/** What became of leads of earlier exports. */
export const changesFile = "changes.csv";

/** A file of an export with its content. */
export interface ExportFile {
  name: string;
  contentType: string;
  bytes: number;
  sha256: string;
  body: string;
}

/** What sales gets of a run, made from its members alone: the same members make the same bytes. */
export function exportFiles(run: Run, frozen: Members): ExportFile[] {
  const { members, frozenAt, settings, waiting = 0, changes = [], erased } = frozen;
  const records = members.map(({ record }) => record);
  const files = leadFiles(records, settings).map(({ name, contentType, body }) =>
    fileOf(name, contentType, body),
  );
  files.push(fileOf(changesFile, "text/csv; charset=utf-8", changesCsv(changes, frozenAt)));
  const manifest = {
    v: 1,
    runId: runIdOf(run.number),
    asOf: run.asOf ?? null,
    evaluatedAt: run.plan?.now,
    frozenAt,
    policyVersion: run.plan?.policyVersion,
    days: { from: run.plan?.fromDay, to: run.plan?.toDay },
    leads: records.length,
    waiting,
    changes: changes.length,
    ...(erased && { erased }),
    files: files.map(({ body: _, ...file }) => file),
  };
  return [...files, fileOf("manifest.json", "application/json", `${JSON.stringify(manifest, null, 2)}\n`)];
}

const fileOf = (name: string, contentType: string, body: string): ExportFile => ({
  name,
  contentType,
  bytes: Buffer.byteLength(body),
  sha256: sha256Hex(body),
  body,
});
