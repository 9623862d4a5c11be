import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { errorCode, StartRefused } from "./errors.ts";

/** The data folder, held by this runtime alone. */
export interface DataFolder {
  /** Absolute path. */
  path: string;
  /** Where the functions' output goes. */
  logFile: string;
  release(): void;
}

const sqliteBusy = 5;

/** Bytes; looked at when the runtime starts. */
const largestLog = 64 * 1024 * 1024;

/**
 * Makes the data folder and takes it for this runtime.
 *
 * The lock is the operating system's own, held through an SQLite database: it ends with the process, however that
 * ends, so a `kill -9` leaves nothing behind, and a process id that was given away again misleads nobody.
 *
 * @throws StartRefused when another runtime holds it or it cannot be written
 */
export function takeDataFolder(directory: string): DataFolder {
  const path = resolve(directory);
  const owner = join(path, "owner");
  try {
    mkdirSync(join(path, "logs"), { recursive: true });
  } catch (error) {
    throw new StartRefused(`the data folder ${path} cannot be written (${errorCode(error)})`);
  }
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(path, "lock"));
    lock.exec("PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    writeFileSync(owner, `${process.pid}\n`);
  } catch (error) {
    lock?.close();
    if (error instanceof Error && "errcode" in error && error.errcode === sqliteBusy) {
      throw new StartRefused(
        `the data folder ${path} is in use by another instance${describeOwner(owner)}: stop it, or choose another folder with --data`,
      );
    }
    throw new StartRefused(`the data folder ${path} cannot be written (${errorCode(error)})`);
  }
  const held = lock;
  const logFile = join(path, "logs", "functions.log");
  setAside(logFile);
  return { path, logFile, release: () => held.close() };
}

/** A log that has grown large makes room for a new one, and takes the place of the one before it. */
function setAside(logFile: string): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > largestLog) renameSync(logFile, `${logFile}.1`);
}

function describeOwner(owner: string): string {
  try {
    return ` (process ${readFileSync(owner, "utf8").trim()})`;
  } catch {
    return "";
  }
}
