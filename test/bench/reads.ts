import { requestText } from "./connection.ts";
import { durations, type Figure } from "./figure.ts";
import type { Instance } from "./instance.ts";
import { putLoad } from "./load.ts";
import { post, readKey, touchpoint } from "./workload.ts";

const touches = 50;
const connections = 10;

/** Has one contact with 50 touches. @returns the path of its timeline, on one page */
export async function prepareTimeline(instance: Instance): Promise<string> {
  const array = Array.from({ length: touches }, (_, n) => touchpoint(`timeline-${n}`, "timeline", n % 10));
  await putLoad({ url: instance.url, connections: 1, seconds: 60, requests: 1, next: () => post(array) });
  await instance.drain();
  const headers = { authorization: `Bearer ${readKey}` };
  const found = await fetch(`${instance.url}/v1/contacts?email=timeline@customer.example`, { headers });
  const { items } = (await found.json()) as { items: { id: string; touches: number }[] };
  if (items[0]?.touches !== touches) throw new Error("the contact to read is not there");
  return `/v1/contacts/${items[0].id}/timeline?limit=${touches}`;
}

/** Reads one timeline of 50 touches again and again. */
export async function measureReads(instance: Instance, path: string, seconds: number): Promise<Figure[]> {
  const section = `Timeline of ${touches} touches, ${connections} connections`;
  const request = requestText("GET", path, readKey);
  await putLoad({ url: instance.url, connections, seconds: seconds / 4, next: () => request });
  const before = await instance.usage();
  const load = await putLoad({ url: instance.url, connections, seconds, next: () => request });
  const after = await instance.usage();
  return [
    {
      section,
      name: "reads",
      value: load.requests / load.seconds,
      unit: "reads/s",
      aim: { bound: "at least", value: 400 },
    },
    ...durations(section, "answer", load.milliseconds),
    {
      section,
      name: "processor time per read",
      value: (after.cpuMilliseconds - before.cpuMilliseconds) / load.requests,
      unit: "ms",
    },
  ];
}
