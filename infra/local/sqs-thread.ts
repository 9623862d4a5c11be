import { serve } from "./server-thread.ts";
import { startQueueServer } from "./sqs/server.ts";
import type { QueueDefinition } from "./stack.ts";

await serve(async ({ directory, queues }: { directory: string; queues: QueueDefinition[] }) => {
  const server = await startQueueServer({ dataDirectory: directory, queues });
  const queueUrls = Object.fromEntries(queues.map(({ name }) => [name, server.queueUrl(name)]));
  return {
    ready: { url: server.url, queueUrls },
    answers: { depths: () => server.depths(), requests: () => server.requests() },
    close: () => server.close(),
  };
});
