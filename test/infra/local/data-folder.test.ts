import { existsSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { takeDataFolder } from "../../../infra/local/data-folder.ts";
import { StartRefused } from "../../../infra/local/errors.ts";
import { temporaryFolder } from "./handlers.ts";

test("a data folder is made, and taken by one at a time", () => {
  const folder = join(temporaryFolder(), "new/data");
  const taken = takeDataFolder(folder);
  expect(() => takeDataFolder(folder)).toThrow(StartRefused);
  expect(() => takeDataFolder(folder)).toThrow(
    `${folder} is in use by another instance (process ${process.pid})`,
  );
  taken.release();
  takeDataFolder(folder).release();
});

test("a log that has grown large is set aside", () => {
  const folder = temporaryFolder();
  const first = takeDataFolder(folder);
  writeFileSync(first.logFile, "small");
  first.release();
  const second = takeDataFolder(folder);
  expect(existsSync(second.logFile)).toBe(true);
  truncateSync(second.logFile, 65 * 1024 * 1024);
  second.release();
  const third = takeDataFolder(folder);
  expect([existsSync(third.logFile), existsSync(`${third.logFile}.1`)]).toEqual([false, true]);
  third.release();
});

test("a data folder that cannot be made is refused with the reason", () => {
  const file = join(temporaryFolder(), "file");
  writeFileSync(file, "");
  expect(() => takeDataFolder(join(file, "data"))).toThrow(StartRefused);
  expect(() => takeDataFolder(join(file, "data"))).toThrow("cannot be written (ENOTDIR)");
});
