import { type Aim, durations, type Figure } from "./figure.ts";
import type { Instance } from "./instance.ts";
import { putLoad } from "./load.ts";
import {
  arraysOfRegulars,
  post,
  type Touchpoint,
  touchesPerRegular,
  touchOfSomebodyNew,
} from "./workload.ts";

interface Intake {
  section: string;
  connections: number;
  seconds: number;
  /** Requests at most: arrays are taken faster than they are stored, and the rest has to be waited for. */
  requests?: number;
  touchesPerRequest: number;
  next: () => Touchpoint | Touchpoint[];
  aim: { stored?: Aim; writeUnits?: Aim };
}

export interface Ingested {
  figures: Figure[];
  storedPerSecond: number;
}

/** Posts, waits until all is in the table, and says how fast that was and what it took. */
async function measureIntake(instance: Instance, intake: Intake): Promise<Ingested> {
  const { section, connections, seconds, requests, touchesPerRequest, next, aim } = intake;
  const mark = instance.log.mark();
  const before = await instance.usage();
  const requestsBefore = await instance.queueRequests();
  const start = performance.now();
  const load = await putLoad({ url: instance.url, connections, seconds, requests, next: () => post(next()) });
  await instance.drain();
  const storedIn = (performance.now() - start) / 1_000;
  const after = await instance.usage();
  const requestsAfter = await instance.queueRequests();
  const counts = instance.log.since(mark);

  const touches = load.requests * touchesPerRequest;
  if (counts.stored !== touches) throw new Error(`${touches} touches accepted, ${counts.stored} stored`);
  const storedPerSecond = touches / storedIn;
  const perTouch = (name: string, total: number, unit: string, bound?: Aim): Figure => ({
    section,
    name: `${name} per touch`,
    value: total / touches,
    unit,
    aim: bound,
  });
  const figures: Figure[] = [
    { section, name: "accepted", value: touches / load.seconds, unit: "touches/s" },
    { section, name: "stored", value: storedPerSecond, unit: "touches/s", aim: aim.stored },
    ...durations(section, "answer", load.milliseconds),
    perTouch("processor time", after.cpuMilliseconds - before.cpuMilliseconds, "ms"),
    perTouch("write units", counts.writeUnits, "units", aim.writeUnits),
    perTouch("read units", counts.readUnits, "units"),
    ...["SendMessage", "ReceiveMessage", "DeleteMessageBatch"].map((action) =>
      perTouch(action, (requestsAfter[action] ?? 0) - (requestsBefore[action] ?? 0), "requests"),
    ),
  ];
  return { figures, storedPerSecond };
}

const everyTouchAnother = { bound: "at most", value: 2.1 } as const;

/** Single posts, every touch another person's. */
export const measureSingles = (instance: Instance, connections: number, seconds: number): Promise<Ingested> =>
  measureIntake(instance, {
    section: `Single posts, ${connections} connections, every touch another person's`,
    connections,
    seconds,
    touchesPerRequest: 1,
    next: touchOfSomebodyNew,
    aim: { stored: { bound: "at least", value: 600 }, writeUnits: everyTouchAnother },
  });

const arrayLength = 100;

/** Arrays of 100, every touch another person's. */
export const measureArrays = (instance: Instance, seconds: number): Promise<Ingested> =>
  measureIntake(instance, {
    section: "Arrays of 100, 4 connections, every touch another person's",
    connections: 4,
    seconds,
    requests: seconds * 30,
    touchesPerRequest: arrayLength,
    next: () => Array.from({ length: arrayLength }, touchOfSomebodyNew),
    aim: { stored: { bound: "at least", value: 3_000 }, writeUnits: everyTouchAnother },
  });

/** Arrays of 100 touches of people who have 20 each. */
export function measureRegulars(instance: Instance, groups: number): Promise<Ingested> {
  const arrays = arraysOfRegulars(groups);
  let sent = 0;
  return measureIntake(instance, {
    section: `Arrays of 100, ${touchesPerRegular} touches per person`,
    connections: 4,
    seconds: 60,
    requests: arrays.length,
    touchesPerRequest: arrayLength,
    next: () => arrays[sent++]!,
    aim: {},
  });
}

/** Has every thread started and compiled what it needs, and throws the figures away. */
export async function warmUp(instance: Instance, seconds: number): Promise<void> {
  await measureSingles(instance, 10, seconds);
  await measureArrays(instance, seconds / 2);
}
