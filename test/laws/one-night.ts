import { beginRun } from "../../shared/night/begin.ts";
import type { NightMessage } from "../../shared/night/night.ts";
import { phases } from "../../shared/night/phases.ts";
import { planRun } from "../../shared/night/plan.ts";
import { receive, settle } from "./pump.ts";
import { nightOf, type World } from "./world.ts";

/** A run from its beginning to its end, one message after the other. @returns its number */
export async function oneNight(world: World): Promise<number> {
  const { run } = await beginRun(nightOf(world), world.clock().toISOString());
  for (;;) {
    const [received] = await receive(world.nightQueue, 1);
    if (!received) return run.number;
    const message = JSON.parse(received.body) as NightMessage;
    if (message.kind === "plan") await planRun(nightOf(world), message.run);
    else if (message.kind === "chunk")
      await phases[message.phase](nightOf(world), message.run, message.chunk);
    await settle(world.nightQueue, [received], new Set());
  }
}
