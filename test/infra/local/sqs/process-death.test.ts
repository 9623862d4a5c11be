import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, test } from "vitest";
import {
  bodiesOf,
  DEAD,
  handleOf,
  receiveAll,
  send,
  urlOf,
  useQueueDirectory,
  WORK,
} from "./lasting-queues.ts";

const queues = useQueueDirectory();

describe("a process that dies", () => {
  let child: ChildProcess | null = null;

  afterEach(() => {
    child?.kill("SIGKILL");
  });

  /** @param limits shell commands that bound the process */
  async function startProcess(limits = "true"): Promise<SQSClient> {
    const script = join(import.meta.dirname, "queue-server-process.ts");
    const command = [process.execPath, script, queues.directory, JSON.stringify([WORK, DEAD])];
    child = spawn("sh", ["-c", `${limits}; exec "$@"`, "sh", ...command], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const died = once(child, "exit").then(() => Promise.reject(new Error("The queue server did not start.")));
    const [output] = (await Promise.race([once(child.stdout!, "data"), died])) as [Buffer];
    return queues.connect(output.toString().trim());
  }

  test("by kill -9 while clients send, receive and delete: all that was acknowledged, and nothing that was deleted", async () => {
    const acknowledged = new Set<string>();
    const refused = new Set<string>();
    const deleted = new Set<string>();
    const uncertain = new Set<string>();
    for (let run = 0; run < 3; run += 1) {
      const client = await startProcess();
      const QueueUrl = await urlOf(client, "work");
      const process = child!;
      let isDead = false;
      const exited = once(process, "exit").then(() => {
        isDead = true;
      });
      const sender = async (name: string) => {
        for (let index = 0; !isDead; index += 1) {
          const body = `${run}-${name}-${index}`;
          await send(client, body).then(
            () => acknowledged.add(body),
            () => refused.add(body),
          );
          if (acknowledged.size >= 150 * (run + 1)) process.kill("SIGKILL");
        }
      };
      const consumer = async () => {
        while (!isDead) {
          const [message] = await client
            .send(new ReceiveMessageCommand({ QueueUrl }))
            .then(({ Messages = [] }) => Messages)
            .catch(() => []);
          if (message === undefined) continue;
          await client.send(new DeleteMessageCommand({ QueueUrl, ...handleOf(message) })).then(
            () => deleted.add(message.Body!),
            () => uncertain.add(message.Body!),
          );
        }
      };
      await Promise.all([...["a", "b", "c", "d", "e"].map(sender), consumer(), exited]);
    }
    const client = await queues.start();
    const left = bodiesOf([...(await receiveAll(client)), ...(await receiveAll(client, "dead"))]);
    expect(new Set(left).size).toBe(left.length);
    expect(left.filter((body) => deleted.has(body))).toEqual([]);
    const known = (body: string) => acknowledged.has(body) || refused.has(body);
    expect(left.filter((body) => !known(body))).toEqual([]);
    const found = new Set([...left, ...deleted, ...uncertain]);
    expect([...acknowledged].filter((body) => !found.has(body))).toEqual([]);
    expect(deleted.size).toBeGreaterThan(0);
    expect(acknowledged.size).toBeGreaterThanOrEqual(450);
  });

  test("after its disk was full: what it could not store it refused, and what it acknowledged is there", async () => {
    const client = await startProcess("ulimit -f 128");
    const acknowledged: string[] = [];
    let refusal: unknown = null;
    for (let index = 0; refusal === null && index < 1_000; index += 1) {
      const body = `${index} ${"x".repeat(1_000)}`;
      await send(client, body).then(
        () => acknowledged.push(body),
        (error: unknown) => {
          refusal = error;
        },
      );
    }
    expect(refusal).toMatchObject({ name: "ServiceUnavailable", $metadata: { httpStatusCode: 503 } });
    for (const body of ["more", "and more"]) {
      await expect(send(client, body)).rejects.toMatchObject({ name: "ServiceUnavailable" });
    }
    const attributes = new GetQueueAttributesCommand({
      QueueUrl: await urlOf(client, "work"),
      AttributeNames: ["All"],
    });
    const held = Number((await client.send(attributes)).Attributes?.ApproximateNumberOfMessages);
    expect(held).toBeLessThanOrEqual(acknowledged.length + 1);
    child!.kill("SIGKILL");
    await once(child!, "exit");
    const left = bodiesOf(await receiveAll(await queues.start()));
    expect(left).toEqual(acknowledged);
    expect(left.length).toBeGreaterThan(20);
  });
});
