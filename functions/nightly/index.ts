import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { queueHandler } from "../../shared/edge/queue-handler.ts";
import { beginScheduled, resumeRun, scheduleRun } from "../../shared/night/begin.ts";
import { erase, settleErasures } from "../../shared/night/erase.ts";
import { type NightMessage, openNight } from "../../shared/night/night.ts";
import { phases } from "../../shared/night/phases.ts";
import { planRun } from "../../shared/night/plan.ts";
import { openQueue } from "../../shared/queue/queue.ts";
import { setting } from "../../shared/settings.ts";
import { resumeWhatIfs } from "../../shared/what-if/begin.ts";

const night = openNight();
const whatIfs = openQueue(setting("whatIfQueue"));

/** What EventBridge Scheduler sends: begin the night's run, or look after what died. */
type ScheduleEvent = { v: 1; kind: "schedule"; scheduledTime: string } | { v: 1; kind: "resume" };

const work = queueHandler(async (records) => {
  const later: string[] = [];
  for (const { messageId, body } of records) {
    const message = JSON.parse(body) as NightMessage;
    if (message.kind === "plan") await planRun(night, message.run);
    else if (message.kind === "erase") await erase(night, message.id);
    else if (message.kind === "chunk") await phases[message.phase](night, message.run, message.chunk);
    else if (!(await beginScheduled(night, message.trigger))) later.push(messageId);
  }
  return later;
});

/** The night: begun by the schedule, carried on through its queue. */
export const handler = async (event: SQSEvent | ScheduleEvent): Promise<SQSBatchResponse | undefined> => {
  if ("Records" in event) return work(event);
  if (event.kind === "schedule") await scheduleRun(night, event.scheduledTime);
  else {
    await resumeRun(night);
    await settleErasures(night);
    await resumeWhatIfs({ ...night, queue: whatIfs });
  }
  return undefined;
};
