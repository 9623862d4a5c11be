import { randomUUID } from "node:crypto";
import * as z from "zod/mini";
import type { HttpEvent } from "../edge/http-handler.ts";
import { type Answer, json } from "../http/answer.ts";
import { notFound, Problem } from "../http/problem.ts";
import { hasTouch, putPersonVerdict } from "../store/verdicts.ts";
import type { TouchVerdict } from "../timeline/verdict.ts";
import { parsePublicTouchId } from "../touchpoint/touch-id.ts";
import type { Api } from "./api.ts";
import { type Caller, pathParameter, validBody } from "./request.ts";

export const newVerdictSchema = z.strictObject({
  verdict: z.enum(["human", "machine"]),
  /** In one's own words, for whoever asks later why. */
  reason: z.string().check(z.trim(), z.minLength(1), z.maxLength(1000)),
});

export const verdictAnswerSchema = z.strictObject({
  /** The touch's id. */
  touch: z.string(),
  verdict: z.enum(["human", "machine"]),
  reason: z.string(),
  by: z.literal("person"),
  /** The id of the key with which it was said. */
  who: z.string(),
  at: z.string(),
});

/**
 * `POST /v1/touchpoints/{id}/verdict`: a person says who made a touch, and wins over every rule and the night. Said again, the
 * latest holds; what was said before stays.
 */
export async function giveVerdict(api: Api, event: HttpEvent, caller: Caller | undefined): Promise<Answer> {
  const id = pathParameter(event, "id");
  const { verdict, reason } = await validBody(newVerdictSchema, event);
  const parts = parsePublicTouchId(id);
  if (!parts || !(await hasTouch(api.table, parts.identifierId, parts.touchId))) throw notFound("touch");
  const now = api.clock();
  const said = {
    touchId: parts.touchId,
    verdict,
    by: "person",
    reason,
    at: now.toISOString(),
    id: randomUUID(),
    who: caller?.keyId ?? "",
  } as const satisfies TouchVerdict;
  if (!(await putPersonVerdict(api.table, parts.identifierId, said, now))) {
    throw new Problem({
      status: 503,
      code: "unavailable",
      detail: "it could not be kept; send it again",
      retryAfter: 5,
    });
  }
  return json(201, { touch: id, verdict, reason, by: said.by, who: said.who, at: said.at });
}
