import { daysBetween } from "../lead/run.ts";
import type { WhatIf } from "../lead/what-if.ts";
import { sendAll } from "../queue/queue.ts";
import { readActive } from "../store/active.ts";
import {
  freezeList,
  readCounted,
  readList,
  readLists,
  readWhatIf,
  type WhatIfList,
  type WhatIfName,
} from "../store/what-ifs.ts";
import { sha256Hex, shards } from "../table/keys.ts";
import { closeWhenCounted } from "./close.ts";
import type { Recounting, RecountMessage } from "./recount.ts";

/** Identifiers in a chunk: what they add up to fits into one row, whatever their campaigns are called. */
const usualChunk = 500;

const day = 24 * 60 * 60 * 1000;

/** Hands out what is not done of a recount: lists that are not made, and of the others the chunks that are not counted. */
export async function planRecount(recounting: Recounting, name: WhatIfName): Promise<void> {
  const whatIf = await readWhatIf(recounting.table, name);
  if (!whatIf || whatIf.completedAt) return;
  const lists = await readLists(recounting.table, name);
  const counted = await readCounted(recounting.table, name);
  const messages = shards.flatMap((shard): RecountMessage[] => {
    const list = lists.get(shard);
    return list
      ? chunkMessages(name, shard, list, counted.get(shard))
      : [{ ...naming(name), kind: "list", shard }];
  });
  await send(recounting, messages);
  if (messages.length === 0) await closeWhenCounted(recounting, whatIf);
}

/**
 * Lists whom to count, of one first digit of ids: who ever had a touch, which leaves a marker on the day it came. Each day is read once
 * and not for every chunk. The first list that is made stands, and its chunks are handed out.
 */
export async function listShard(recounting: Recounting, name: WhatIfName, shard: string): Promise<void> {
  const { table } = recounting;
  const whatIf = await readWhatIf(table, name);
  if (!whatIf || whatIf.completedAt) return;
  const list = (await readList(table, name, shard)) ?? (await makeList(recounting, whatIf, shard));
  const counted = await readCounted(table, name, shard);
  await send(recounting, chunkMessages(name, shard, list, counted.get(shard)));
  if (list.chunks === 0) await closeWhenCounted(recounting, whatIf);
}

async function makeList(
  { table, secrets, clock, chunk = usualChunk }: Recounting,
  whatIf: WhatIf,
  shard: string,
): Promise<WhatIfList> {
  // A day before: the clock that made the deployment's first secret may have been ahead.
  const from = new Date(Date.parse(await secrets.firstDay()) - day).toISOString().slice(0, 10);
  const days = daysBetween(from, whatIf.startedAt.slice(0, 10));
  const next = shards[shards.indexOf(shard) + 1] ?? "g";
  const ids = await readActive(table, days, { from: shard, to: next });
  const chunks: string[][] = [];
  for (let i = 0; i < ids.length; i += chunk) chunks.push(ids.slice(i, i + chunk));
  const hash = sha256Hex(ids.join()).slice(0, 16);
  const at = clock().toISOString();
  const list: WhatIfList = { v: 1, hash, chunks: chunks.length, ids: ids.length, at };
  return freezeList(table, whatIf, shard, list, chunks);
}

const naming = ({ version, number }: WhatIfName) => ({ v: 1, version, number }) as const;

const chunkMessages = (
  name: WhatIfName,
  shard: string,
  { chunks }: WhatIfList,
  counted: ReadonlyMap<number, string> | undefined,
): RecountMessage[] =>
  Array.from({ length: chunks }, (_, chunk) => chunk)
    .filter((chunk) => !counted?.has(chunk))
    .map((chunk) => ({ ...naming(name), kind: "chunk", shard, chunk }));

async function send({ queue }: Recounting, messages: readonly RecountMessage[]): Promise<void> {
  if (messages.length > 0)
    await sendAll(
      queue,
      messages.map((message) => JSON.stringify(message)),
    );
}
