import { badRequest } from "../../shared/http/problem.ts";
import { ingestHandler } from "../../shared/ingest/ingest-handler.ts";
import { type Candidate, openIntake, takeIn } from "../../shared/ingest/intake.ts";
import { receiptAnswer } from "../../shared/ingest/receipt-answer.ts";
import { bodyBytes, parseBody } from "../../shared/request/body.ts";
import { checkInFrom, checkInsFromCsv } from "../../shared/request/check-ins.ts";

const intake = openIntake();

/** `POST /v1/check-ins`: one, an array, or a list as CSV. */
export const handler = ingestHandler(intake, async (event, { source, headers }, now) => {
  const body = await parseBody(bodyBytes(event), event.headers["content-type"]);
  if (body.kind === "form") throw badRequest("not_json_or_csv", "", "check-ins come as JSON or as text/csv");
  const query = event.queryStringParameters ?? {};
  const single = body.kind === "json" && !Array.isArray(body.value);
  const items: { item: unknown; checkIn: unknown }[] =
    body.kind === "csv"
      ? checkInsFromCsv(body.text, { id: query.eventId, name: query.eventName }).rows.map(
          ({ original, checkIn }) => ({ item: original, checkIn }),
        )
      : (single ? [body.value] : (body.value as unknown[])).map((item) => ({ item, checkIn: item }));
  const read = items.map(({ item, checkIn }) => ({ item, ...checkInFrom(checkIn) }));
  const candidates: Candidate[] = read.map((one) =>
    "refusal" in one ? { refusal: one.refusal } : { item: one.item, touchpoint: one.touchpoint },
  );
  const scope = (index: number): string => {
    const one = read[index];
    return one && "eventId" in one ? one.eventId : "";
  };
  const receipt = await takeIn(intake, candidates, { source, route: "check-ins", scope, now });
  return receiptAnswer(receipt, single, headers);
});
