import { badRequest } from "../../shared/http/problem.ts";
import { ingestHandler } from "../../shared/ingest/ingest-handler.ts";
import { openIntake, takeIn } from "../../shared/ingest/intake.ts";
import { receiptAnswer } from "../../shared/ingest/receipt-answer.ts";
import { bodyBytes, parseBody } from "../../shared/request/body.ts";

const intake = openIntake();

/** `POST /v1/touchpoints`: any touch of any channel, one or an array. */
export const handler = ingestHandler(intake, async (event, { source, headers }, now) => {
  const body = await parseBody(bodyBytes(event), event.headers["content-type"]);
  if (body.kind !== "json")
    throw badRequest("not_json", "", "the body is a touchpoint or an array of them, as JSON");
  const items = Array.isArray(body.value) ? body.value : [body.value];
  const receipt = await takeIn(
    intake,
    items.map((item) => ({ item, touchpoint: item })),
    { source, route: "touchpoints", scope: "", now },
  );
  return receiptAnswer(receipt, !Array.isArray(body.value), headers);
});
