import { checkInList, receiptWithRows } from "../../shared/ingest/check-ins.ts";
import { ingestHandler } from "../../shared/ingest/ingest-handler.ts";
import { openIntake, takeIn } from "../../shared/ingest/intake.ts";
import { receiptAnswer } from "../../shared/ingest/receipt-answer.ts";
import { bodyBytes, parseBody } from "../../shared/request/body.ts";

const intake = openIntake();

/** `POST /v1/check-ins`: one, an array, or a list as CSV. */
export const handler = ingestHandler(intake, async (event, { source, headers }, now) => {
  const body = await parseBody(bodyBytes(event), event.headers["content-type"]);
  const { eventId, eventName } = event.queryStringParameters ?? {};
  const list = checkInList(body, { id: eventId, name: eventName });
  const scope = (index: number): string => list.eventIds[index] ?? "";
  const receipt = await takeIn(intake, list.candidates, { source, route: "check-ins", scope, now });
  const single = body.kind === "json" && !Array.isArray(body.value);
  return receiptAnswer(receiptWithRows(receipt, list), single, headers);
});
