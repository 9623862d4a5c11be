import { isProvider } from "../access/provider.ts";
import type { Source } from "../access/source.ts";
import { failureOf } from "../observe/failure.ts";
import { count, logger } from "../observe/observe.ts";
import { parseJsonBytes } from "../request/json.ts";
import { readSources } from "../store/config.ts";
import type { Finding } from "../touchpoint/finding.ts";
import { decodeMessage, type QuarantineFact } from "../touchpoint/message.ts";
import { LookUpFailed } from "../webhook/adapter.ts";
import { webhookAdapters } from "../webhook/adapters.ts";
import { type Arrival, judgeFindings } from "./findings.ts";
import { sendFacts } from "./intake.ts";
import type { ProviderIntake } from "./webhook.ts";

/**
 * Completes an item by asking its provider. The message is the item as quarantine would keep it: where asking never works,
 * the queue gives it up, and it goes there as it is.
 * @throws LookUpFailed where it should be tried again
 */
export async function completeByLookUp(intake: ProviderIntake, body: string, now: Date): Promise<void> {
  for (const fact of decodeMessage(body).facts) {
    if (fact.kind !== "quarantine") continue;
    const source = await sourceOf(intake, fact.source, now);
    if (!source) {
      const detail = "its source was deleted before the provider could be asked";
      await sendFacts(intake, [{ ...fact, reason: "source_deleted", detail }]);
      continue;
    }
    const finding = await lookedUp(intake, fact, now);
    const { facts } = await judgeFindings(intake, [finding], arrivalOf(fact, source));
    await sendFacts(intake, facts);
  }
}

/** A source by its id. One that the list lacks may have been made since it was read. */
async function sourceOf(intake: ProviderIntake, wanted: string, now: Date): Promise<Source | undefined> {
  const among = (sources: readonly Source[]) =>
    sources.find(({ id, deletedAt }) => id === wanted && !deletedAt);
  const { sources } = await intake.senders.read(now.getTime());
  return among(sources) ?? among(await readSources(intake.table));
}

/** How an item came that was kept since. Its times are those of then, and its id is its own. */
export const arrivalOf = (fact: QuarantineFact, source: Source): Arrival => ({
  source,
  route: fact.route,
  receivedAt: fact.receivedAt,
  contentType: fact.contentType,
  headers: fact.headers,
  body: Buffer.from(fact.raw, "base64"),
  replayed: fact.id,
});

async function lookedUp(intake: ProviderIntake, fact: QuarantineFact, now: Date): Promise<Finding> {
  const provider = fact.route.replace(/^webhooks\//, "");
  const adapter = isProvider(provider) ? webhookAdapters[provider] : undefined;
  const item = parseJsonBytes(Buffer.from(fact.raw, "base64"));
  if (!adapter?.lookUp) throw new LookUpFailed(`${fact.route} asks nobody`);
  let credentials = await intake.credentials.get(fact.source, now.getTime());
  const used = [...adapter.needs, ...(adapter.takes ?? [])];
  // They may have been set since they were read.
  if (used.some((name) => credentials[name] === undefined))
    credentials = await intake.credentials.renewed(fact.source, now.getTime());
  return adapter.lookUp(item, credentials, intake.outside.ask);
}

/** Logs why a look-up did not work: whom it asked, never about whom. */
export function reportFailedLookUp(error: unknown, messageId: string): void {
  const detail = error instanceof LookUpFailed ? error.detail : undefined;
  logger.warn("look-up failed", { messageId, detail, ...failureOf(error) });
  count({ LookUpFailed: 1 });
}
