/**
 * Installs what the lockfile names where it is not there yet. Runs before anything is installed, so it is plain
 * JavaScript for Node.js 20 and imports nothing but Node.js.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), "../..");

/** The packages that a lockfile names, by folder; undefined where there is no such file. */
function packagesIn(file) {
  try {
    const { packages } = JSON.parse(readFileSync(join(root, file), "utf8"));
    return packages;
  } catch {
    return undefined;
  }
}

/** Whether node_modules holds what package-lock.json names: npm keeps its own account of what it installed. */
function isInstalled() {
  const wanted = packagesIn("package-lock.json");
  const installed = packagesIn("node_modules/.package-lock.json");
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([folder, { version, integrity, optional, link, peer }]) => {
    const found = installed[folder];
    // Left out are the project itself and what is made for other platforms.
    if (!found) return folder === "" || Boolean(optional || link || peer);
    return found.version === version && (!integrity || !found.integrity || found.integrity === integrity);
  });
}

/** Installs quietly; npm's own words are shown only if it fails. */
function install() {
  console.log(
    "Installing the dependencies that package-lock.json names (npm ci); the first time takes a minute …",
  );
  // npm's node rather than this one, which may itself be a package that npm ci replaces.
  const npm = process.env.npm_execpath;
  const node = process.env.npm_node_execpath ?? process.execPath;
  const [command, first] = npm ? [node, [npm]] : ["npm", []];
  const { status, error, stdout, stderr } = spawnSync(
    command,
    [...first, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
    { cwd: root, encoding: "utf8", shell: !npm && process.platform === "win32", maxBuffer: 64 * 1024 * 1024 },
  );
  if (status === 0) return 0;
  process.stderr.write(`${stdout ?? ""}${stderr ?? ""}`);
  console.error(
    `touchline: the dependencies could not be installed${error ? ` (${error.message})` : ""}: npm's reason is above`,
  );
  return status || 1;
}

process.exitCode = isInstalled() ? 0 : install();
