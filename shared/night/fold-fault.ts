import { failureOf, isOutage } from "../observe/failure.ts";
import { count, logger } from "../observe/observe.ts";
import { activeItem } from "../store/facts.ts";
import { putItem } from "../store/table.ts";
import type { Night } from "./night.ts";

/** Whether the fold of one contact is at fault, and not the table or the network, which concern everybody. */
export const isFoldFault = (error: unknown): error is Error => error instanceof Error && !isOutage(error);

/** One contact that cannot be folded stops nobody: it is reported and marked active again, for the next run to try. */
export async function reportFoldFault(night: Night, identifierId: string, error: Error): Promise<void> {
  logger.error("fold failed", { identifierId, ...failureOf(error) });
  count({ FoldFailed: 1 });
  await putItem(night.table, activeItem(identifierId, night.clock()));
}
