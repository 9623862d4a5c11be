import { type QueueDefinition, startQueueServer } from "../../../../infra/local/sqs/server.ts";

// A queue server in a process of its own, to be killed: node queue-server-process.ts <directory> <queues as JSON>
const [dataDirectory, queues] = process.argv.slice(2);
if (dataDirectory === undefined || queues === undefined) throw new Error("usage: <directory> <queues>");
const server = await startQueueServer({ dataDirectory, queues: JSON.parse(queues) as QueueDefinition[] });
process.stdout.write(`${server.url}\n`);
