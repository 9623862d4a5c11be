import { type Answer, json } from "../http/answer.ts";
import { Problem } from "../http/problem.ts";
import type { Receipt } from "./intake.ts";

/**
 * The answer to a delivery. An array is answered 202 whatever its items are worth, each refusal with its index: senders'
 * libraries end or retry for ever on a 4xx. A single item that was refused is the caller's mistake and says so with 400.
 */
export function receiptAnswer(receipt: Receipt, single: boolean, headers: Record<string, string>): Answer {
  const refused = receipt.rejected[0];
  if (single && refused) {
    const { code, field, detail } = refused;
    throw new Problem({ status: 400, code, field, detail, headers, more: { rejected: receipt.rejected } });
  }
  return json(202, receipt, headers);
}
