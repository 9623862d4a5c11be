import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { onTestFinished } from "vitest";
import { type BucketServer, startBucketServer } from "../../../../infra/local/s3/bucket-server.ts";
import { buckets, credentials } from "./served-buckets.ts";

export { buckets, credentials };

/** An empty directory that is removed when the test ends. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "bucket-server-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** The SDK's own client, with nothing set but what an IP endpoint needs. */
export function clientOf(url: string): S3Client {
  const client = new S3Client({ endpoint: url, region: "eu-central-1", credentials, maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  return client;
}

/** A server on an empty or given directory and a client of it, for the length of a test. */
export async function serve(
  options: { dataDirectory?: string; now?: () => number; versioned?: boolean } = {},
): Promise<{ server: BucketServer; client: S3Client; dataDirectory: string }> {
  const dataDirectory = options.dataDirectory ?? (await temporaryDirectory());
  const served = buckets.map(({ name, versioned }) => ({ name, versioned: options.versioned ?? versioned }));
  const server = await startBucketServer({
    dataDirectory,
    buckets: served,
    credentials,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  onTestFinished(() => server.close());
  return { server, client: clientOf(server.url), dataDirectory };
}

/** How S3 refused: the exception's name, which is the error's code, and the HTTP status. */
export async function refusalOf(
  answer: Promise<unknown>,
): Promise<{ name: string; status: number | undefined }> {
  try {
    await answer;
  } catch (error) {
    if (error instanceof S3ServiceException)
      return { name: error.name, status: error.$metadata.httpStatusCode };
    throw error;
  }
  return { name: "none", status: undefined };
}

/** A request as it stands, with a path that no client would tidy up. `signed` adds the header that lets it in. */
export async function send(
  url: string,
  method: string,
  path: string,
  {
    headers = {},
    body = Buffer.alloc(0),
    signed = true,
  }: { headers?: Record<string, string>; body?: Buffer | string; signed?: boolean } = {},
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }> {
  const { hostname, port } = new URL(url);
  const authorization: Record<string, string> = signed
    ? { authorization: "AWS4-HMAC-SHA256 Credential=local/20260101/eu-central-1/s3/aws4_request" }
    : {};
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, method, path, headers: { ...authorization, ...headers } },
      (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(pieces).toString("utf8"),
          }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The code of an error document. */
export function codeOf(body: string): string | undefined {
  return /<Code>(.*?)<\/Code>/.exec(body)?.[1];
}
