import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

/**
 * What operators see. A log line names ids, codes and counts: never an address, a name, a body or a URL's query.
 * Name and namespace come from the environment that infra sets.
 */
export const logger = new Logger();

const metrics = new Metrics();

export type MetricName =
  | "Rejected"
  | "Refused"
  | "WebhookRejected"
  | "LookUpFailed"
  | "ClickLost"
  | "Quarantined"
  | "Stored"
  | "Suppressed"
  | "ReadUnits"
  | "WriteUnits"
  | "RunCompleted"
  | "LeadsExported"
  | "FoldFailed"
  | "TooManyLinks"
  | "Expired"
  | "SourceSilent"
  | "LeadOverdue"
  | "DeliveryFailed";

/** Adds counts to this invocation's metrics. Zeros are left out: they cost and say nothing. */
export function count(counts: Partial<Record<MetricName, number>>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (value) metrics.addMetric(name, MetricUnit.Count, value);
  }
}

/** Writes what was counted, at the end of an invocation: one line in CloudWatch's embedded metric format. */
export function publishCounts(): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
}
