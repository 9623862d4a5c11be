import { setTimeout as pause } from "node:timers/promises";
import { Connection } from "./connection.ts";

export interface Load {
  url: string;
  connections: number;
  seconds: number;
  /** Requests at most. */
  requests?: number;
  /** Requests per second at most; without it each connection sends as soon as it has its answer. */
  perSecond?: number;
  /** The text of the next request. */
  next: () => string;
}

export interface LoadResult {
  requests: number;
  seconds: number;
  /** How long each answer took, ascending. */
  milliseconds: number[];
}

/**
 * Sends requests over kept-alive connections until the time or the number is up, and waits for the answers.
 * @throws Error on any answer that is not a success: such a figure would say nothing
 */
export async function putLoad({
  url,
  connections,
  seconds,
  requests,
  perSecond,
  next,
}: Load): Promise<LoadResult> {
  const milliseconds: number[] = [];
  let sent = 0;
  const start = performance.now();
  const end = start + seconds * 1_000;
  const client = async () => {
    const connection = new Connection(url);
    try {
      while (performance.now() < end && sent < (requests ?? Number.POSITIVE_INFINITY)) {
        const number = sent++;
        if (perSecond !== undefined) await until(Math.min(end, start + (number / perSecond) * 1_000));
        const answer = await connection.send(next());
        if (answer.status >= 300) throw new Error(`answered ${answer.status}: ${answer.body.slice(0, 300)}`);
        milliseconds.push(answer.milliseconds);
      }
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  const took = (performance.now() - start) / 1_000;
  return { requests: milliseconds.length, seconds: took, milliseconds: milliseconds.sort((a, b) => a - b) };
}

async function until(time: number): Promise<void> {
  const left = time - performance.now();
  if (left > 0) await pause(left);
}
