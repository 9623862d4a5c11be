import { queueHandler } from "../../shared/edge/queue-handler.ts";
import { countChunk } from "../../shared/what-if/count.ts";
import { listShard, planRecount } from "../../shared/what-if/plan.ts";
import { openRecounting, type RecountMessage } from "../../shared/what-if/recount.ts";

const recounting = openRecounting();

/** Counts all history anew under a version of the policy, step by step. */
export const handler = queueHandler(async (records) => {
  for (const { body } of records) {
    const message = JSON.parse(body) as RecountMessage;
    if (message.kind === "plan") await planRecount(recounting, message);
    else if (message.kind === "list") await listShard(recounting, message, message.shard);
    else await countChunk(recounting, message, message.shard, message.chunk);
  }
  return [];
});
