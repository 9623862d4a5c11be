import { json } from "../../shared/http/answer.ts";
import { badRequest } from "../../shared/http/problem.ts";
import {
  checkInBatch,
  checkInsRoute,
  parseCheckIns,
  previewOf,
  receiptWithRows,
} from "../../shared/ingest/check-ins.ts";
import { ingestHandler } from "../../shared/ingest/ingest-handler.ts";
import { judge, openIntake, takeIn } from "../../shared/ingest/intake.ts";
import { listSettings } from "../../shared/ingest/list-settings.ts";
import { receiptAnswer } from "../../shared/ingest/receipt-answer.ts";
import { bodyBytes } from "../../shared/request/body.ts";

const intake = openIntake();

/** `POST /v1/check-ins`: one, an array, or a list as CSV; with `dryRun` it says what would become of them, and does nothing. */
export const handler = ingestHandler(intake, async (event, { source, headers }, now) => {
  const query = event.queryStringParameters ?? {};
  const settings = listSettings(query);
  if (!/^(true|false|1|0)?$/.test(query.dryRun ?? "")) {
    throw badRequest("invalid_dry_run", "dryRun", "true or false is needed");
  }
  const body = parseCheckIns(bodyBytes(event), event.headers["content-type"]);
  const batch = checkInBatch(body, settings, await intake.secrets.namespace(), now);
  const delivery = {
    source,
    route: checkInsRoute,
    scope: (index: number) => batch.eventIds[index] ?? "",
    now,
  };
  if (query.dryRun === "true" || query.dryRun === "1") {
    const { receipt } = await judge(intake, batch.candidates, delivery);
    return json(
      200,
      { dryRun: true, ...receiptWithRows(receipt, batch), preview: previewOf(batch, now) },
      headers,
    );
  }
  const receipt = await takeIn(intake, batch.candidates, delivery);
  const single = body.kind === "json" && !Array.isArray(body.value);
  return receiptAnswer(receiptWithRows(receipt, batch), single, headers);
});
