import { startBucketServer } from "../../../../infra/local/s3/bucket-server.ts";
import { buckets, credentials } from "./served-buckets.ts";

const server = await startBucketServer({ dataDirectory: process.argv[2] ?? "", buckets, credentials });
process.stdout.write(`${server.url}\n`);
