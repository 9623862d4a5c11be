import { setTimeout as pause } from "node:timers/promises";
import { Connection, requestText } from "./connection.ts";
import { durations, type Figure } from "./figure.ts";
import type { Instance } from "./instance.ts";
import { putLoad } from "./load.ts";
import { post, readKey, touchOfSomebodyNew, touchpoint } from "./workload.ts";

const probesPerSecond = 2;
const lookAgainMilliseconds = 20;

let observed = 0;

/**
 * Posts a touch of one person every half second and reads his timeline until each is there.
 * @returns milliseconds from sending a touch to the answer that shows it, ascending
 */
async function timesToAppear(instance: Instance, probes: number): Promise<number[]> {
  const person = `observed-${observed++}`;
  const waiting = new Map<string, number>();
  const appeared: number[] = [];
  const sender = new Connection(instance.url);
  const reader = new Connection(instance.url);
  let contact: string | undefined;
  const send = async () => {
    for (let probe = 0; probe < probes; probe++) {
      const since = performance.now();
      const answer = await sender.send(post(touchpoint(`${person}-${probe}`, person, probe)));
      const [id] = (JSON.parse(answer.body) as { ids: string[] }).ids;
      waiting.set(id!, since);
      contact = id!.split(".")[0];
      await pause(1_000 / probesPerSecond - (performance.now() - since));
    }
  };
  const watch = async () => {
    while (appeared.length < probes) {
      await pause(lookAgainMilliseconds);
      if (waiting.size === 0) continue;
      // Newest first, so those waited for are within the first few.
      const path = `/v1/contacts/${contact}/timeline?limit=50`;
      const answer = await reader.send(requestText("GET", path, readKey));
      // Until its first touch is stored there is no such contact.
      if (answer.status === 404) continue;
      if (answer.status !== 200) throw new Error(`answered ${answer.status}: ${answer.body.slice(0, 300)}`);
      const now = performance.now();
      for (const { id } of (JSON.parse(answer.body) as { items: { id: string }[] }).items) {
        const since = waiting.get(id);
        if (since === undefined) continue;
        appeared.push(now - since);
        waiting.delete(id);
      }
    }
  };
  try {
    await Promise.all([send(), watch()]);
  } finally {
    sender.close();
    reader.close();
  }
  return appeared.sort((a, b) => a - b);
}

const section = "From sending a touch until the timeline shows it";

/** With nothing else going on. */
export const measureDelay = async (instance: Instance, probes: number): Promise<Figure[]> =>
  durations(section, `${probesPerSecond} touches a second`, await timesToAppear(instance, probes));

/** Beside single posts at half of what the instance can store, so that no backlog grows. */
export async function measureDelayUnderLoad(
  instance: Instance,
  probes: number,
  storedPerSecond: number,
): Promise<Figure[]> {
  const perSecond = Math.max(1, Math.round(storedPerSecond / 2));
  const [appeared] = await Promise.all([
    timesToAppear(instance, probes),
    putLoad({
      url: instance.url,
      connections: 10,
      seconds: probes / probesPerSecond,
      perSecond,
      next: () => post(touchOfSomebodyNew()),
    }),
  ]);
  await instance.drain();
  return durations(section, `beside ${perSecond} single posts a second`, appeared);
}
