import { badRequest } from "../../shared/http/problem.ts";
import { ingestHandler, type Take } from "../../shared/ingest/ingest-handler.ts";
import { openIntake, takeIn } from "../../shared/ingest/intake.ts";
import { receiptAnswer } from "../../shared/ingest/receipt-answer.ts";
import { isSegmentRoute, takeSegment, writeKeyInBody } from "../../shared/ingest/segment.ts";
import { bodyBytes, parseBody } from "../../shared/request/body.ts";

const intake = openIntake();

/** `POST /v1/touchpoints`: any touch of any channel, one or an array. */
const takeTouchpoints: Take = async (event, { source, headers }, now) => {
  const body = parseBody(bodyBytes(event), event.headers["content-type"]);
  if (body.kind !== "json")
    throw badRequest("not_json", "", "the body is a touchpoint or an array of them, as JSON");
  const items = Array.isArray(body.value) ? body.value : [body.value];
  const receipt = await takeIn(
    intake,
    items.map((item) => ({ item, touchpoint: item })),
    { source, route: "touchpoints", scope: "", now },
  );
  return receiptAnswer(receipt, !Array.isArray(body.value), headers);
};

/** Touches of any channel: as they are, or as the Segment HTTP API has them. */
export const handler = ingestHandler(
  intake,
  (event, sender, now) =>
    isSegmentRoute(event) ? takeSegment(intake, event, sender, now) : takeTouchpoints(event, sender, now),
  undefined,
  async (event) => (isSegmentRoute(event) ? writeKeyInBody(event) : undefined),
);
