import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import type { ObjectVersion } from "./version-index.ts";

/*
 * One file is one version: the body, then what is known of it as JSON, then the length of that JSON (4 bytes, big
 * endian) and eight bytes that mark a whole file. Body and metadata so become visible in one rename. The metadata
 * stands last because a stream's digests are known only at its end, and a range of the body is a range of the file.
 */
const MARK = Buffer.from("TLOBJ\r\n1", "latin1");
const TAIL_BYTES = 4 + MARK.length;

/**
 * The file name of a version. The key is hashed: any key, of any length and with any characters, is 64 harmless ones,
 * the same on file systems that fold case. Version ids are made by this server and are hexadecimal, or `null`.
 */
export function objectFileName(key: string, versionId: string): string {
  return `${createHash("sha256").update(key).digest("hex")}-${versionId}`;
}

/** Ends an object's file, whose body is already written, with the metadata. */
export function writeObjectTail(descriptor: number, version: ObjectVersion): void {
  const metadata = Buffer.from(JSON.stringify({ v: 1, ...version }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(metadata.length);
  const tail = Buffer.concat([metadata, length, MARK]);
  for (let written = 0; written < tail.length; ) written += writeSync(descriptor, tail, written);
}

/** The metadata at the end of an object's file. Throws where the file is not a whole one. */
export function readObjectTail(path: string): ObjectVersion {
  const descriptor = openSync(path, "r");
  try {
    const { size } = fstatSync(descriptor);
    const tail = readBytes(descriptor, size - TAIL_BYTES, TAIL_BYTES);
    if (tail === undefined || !tail.subarray(4).equals(MARK)) throw damaged(path);
    const length = tail.readUInt32BE(0);
    const metadata = readBytes(descriptor, size - TAIL_BYTES - length, length);
    if (metadata === undefined) throw damaged(path);
    const { v, ...version }: ObjectVersion & { v: number } = JSON.parse(metadata.toString("utf8"));
    if (v !== 1 || version.size !== size - TAIL_BYTES - length) throw damaged(path);
    return version;
  } finally {
    closeSync(descriptor);
  }
}

function damaged(path: string): Error {
  return new Error(`Not a whole object file: ${path}. Restore it, or remove it to do without the object.`);
}

function readBytes(descriptor: number, from: number, count: number): Buffer | undefined {
  if (from < 0) return undefined;
  const bytes = Buffer.alloc(count);
  for (let read = 0; read < count; ) {
    const more = readSync(descriptor, bytes, read, count - read, from + read);
    if (more === 0) return undefined;
    read += more;
  }
  return bytes;
}
