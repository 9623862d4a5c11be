import { startBucketServer } from "./s3/bucket-server.ts";
import { serve } from "./server-thread.ts";
import type { BucketDefinition } from "./stack.ts";

interface Settings {
  directory: string;
  buckets: BucketDefinition[];
  credentials: { accessKeyId: string; secretAccessKey: string };
}

await serve(async ({ directory, buckets, credentials }: Settings) => {
  const server = await startBucketServer({ dataDirectory: directory, buckets, credentials });
  return { ready: { url: server.url }, answers: {}, close: () => server.close() };
});
