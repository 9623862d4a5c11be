import { compareKeys, type ObjectVersion, type VersionIndex } from "./version-index.ts";

/** A page of objects: those current, and the prefixes that stand for groups of them. */
export interface ObjectPage {
  objects: ObjectVersion[];
  commonPrefixes: string[];
  /** Where the next page goes on after; undefined on the last. */
  next?: string;
}

/** A page of versions, newest first within a key. */
export interface VersionPage {
  versions: { version: ObjectVersion; isLatest: boolean }[];
  next?: { key: string; versionId: string };
}

/**
 * The current objects after `after`, in the order of their keys' bytes; at most `limit` objects and common prefixes
 * together. With a delimiter, keys that contain it beyond `prefix` are grouped; a group that is not after `after` is
 * left out whole, which both StartAfter's documentation and going on after a group ask for.
 */
export function listObjects(
  index: VersionIndex,
  wanted: { prefix: string; delimiter: string; after: string; limit: number },
): ObjectPage {
  const { prefix, delimiter, after, limit } = wanted;
  const page: ObjectPage = { objects: [], commonPrefixes: [] };
  let last: string | undefined;
  if (limit === 0) return page;
  for (const key of index.keysFrom(prefix, after)) {
    const object = index.current(key);
    if (object === undefined) continue;
    const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const name = cut < 0 ? key : key.slice(0, cut + delimiter.length);
    if (name === last || (after !== "" && compareKeys(name, after) <= 0)) continue;
    if (page.objects.length + page.commonPrefixes.length === limit) return { ...page, next: last! };
    if (cut < 0) page.objects.push(object);
    else page.commonPrefixes.push(name);
    last = name;
  }
  return page;
}

/**
 * The versions and delete markers after the marker. A marker names the last version of the page before; where
 * that version has been deleted since, as when a client lists and deletes in turns, its id still says how old it was.
 */
export function listVersions(
  index: VersionIndex,
  wanted: { prefix: string; keyMarker: string; versionIdMarker?: string; limit: number },
): VersionPage {
  const { prefix, keyMarker, versionIdMarker, limit } = wanted;
  const page: VersionPage = { versions: [] };
  if (limit === 0) return page;
  for (const key of index.keysFrom(prefix, keyMarker)) {
    const versions = index.versions(key);
    const before = key === keyMarker ? passedSequence(versions, versionIdMarker) : Number.POSITIVE_INFINITY;
    for (const [position, version] of versions.entries()) {
      if (version.sequence >= before) continue;
      if (page.versions.length === limit) {
        const last = page.versions[limit - 1]!.version;
        return { ...page, next: { key: last.key, versionId: last.versionId } };
      }
      page.versions.push({ version, isLatest: position === 0 });
    }
  }
  return page;
}

/** Only versions older than this sequence are still to be listed. */
function passedSequence(versions: readonly ObjectVersion[], marker: string | undefined): number {
  if (marker === undefined) return 0;
  const named = versions.find((version) => version.versionId === marker);
  // A `null` version that is gone leaves no trace of its age: listing some versions twice loses none.
  return named?.sequence ?? sequenceOf(marker) ?? Number.POSITIVE_INFINITY;
}

/** A version id: opaque to clients, unique by its random part, and beginning with the sequence. */
export function versionIdOf(sequence: number, random: string): string {
  return sequence.toString(16).padStart(12, "0") + random;
}

function sequenceOf(versionId: string): number | undefined {
  return /^[0-9a-f]{12}/.test(versionId) ? Number.parseInt(versionId.slice(0, 12), 16) : undefined;
}
