import { randomUUID } from "node:crypto";
import {
  type Happening,
  type Heard,
  happeningsOf,
  type Kept,
  type Refused,
  stretchOf,
} from "../access/activity.ts";
import { failureOf } from "../observe/failure.ts";
import { logger } from "../observe/observe.ts";
import { activityItem } from "../store/activity.ts";
import { type Item, keyText, putAll, type Table } from "../store/table.ts";
import type { Fact } from "../touchpoint/message.ts";

/** Stretches and messages remembered at most. */
const rememberedStretches = 10_000;
const rememberedMessages = 100_000;

/** What was counted in one stretch of one source, by this process. */
interface Counted {
  source: string;
  stretch: string;
  heard?: Heard;
  kept?: Kept;
  refused?: Refused;
}

/**
 * The figures of sources, counted where facts are stored. Each process keeps its own sums and puts them under its own key, so
 * that none reads and none overwrites another's. They are figures, not truth: a message that two processes got counts
 * twice, and what a process could not put before its end is missing.
 */
export class SourceActivity {
  /** Names this process's sums. */
  #process = randomUUID();
  readonly #counted = new Map<string, Counted>();
  readonly #messages = new Set<string>();
  /** Counted and not put yet. */
  readonly #owed = new Map<string, Counted>();

  /** Counts messages whose facts are stored, and puts the sums. Never throws: figures must not hold up facts. */
  async record(
    table: Table,
    messages: readonly { messageId: string; facts: readonly Fact[] }[],
  ): Promise<void> {
    try {
      if (this.#counted.size > rememberedStretches) this.#begin();
      if (this.#messages.size > rememberedMessages) this.#messages.clear();
      for (const { messageId, facts } of messages) {
        if (this.#messages.has(messageId)) continue;
        this.#messages.add(messageId);
        for (const happening of happeningsOf(facts)) this.#add(happening);
      }
      await this.#put(table);
    } catch (error) {
      logger.error("figures of sources not put", failureOf(error));
    }
  }

  /** Sums that are forgotten must not be begun again under their old name: the put would replace them. */
  #begin(): void {
    this.#counted.clear();
    this.#owed.clear();
    this.#process = randomUUID();
  }

  #add(happening: Happening): void {
    const { source, at, code } = happening;
    const stretch = stretchOf(at);
    const key = `${source} ${stretch}`;
    const counted = this.#counted.get(key) ?? { source, stretch };
    const { heard, kept, refused } = counted;
    if (happening.accepted + happening.ignored > 0) {
      counted.heard = {
        accepted: (heard?.accepted ?? 0) + happening.accepted,
        ignored: (heard?.ignored ?? 0) + happening.ignored,
        lastItemAt: heard && heard.lastItemAt > at ? heard.lastItemAt : at,
      };
    }
    if (happening.quarantined > 0) {
      counted.kept = {
        quarantined: (kept?.quarantined ?? 0) + happening.quarantined,
        lastItemAt: kept && kept.lastItemAt > at ? kept.lastItemAt : at,
      };
    }
    if (happening.rejected > 0) {
      const last = refused?.lastRefusal;
      counted.refused = {
        rejected: (refused?.rejected ?? 0) + happening.rejected,
        lastRefusal: last && last.at > at ? last : { at, code: code ?? "" },
      };
    }
    this.#counted.set(key, counted);
    this.#owed.set(key, counted);
  }

  async #put(table: Table): Promise<void> {
    const owed = new Map<string, string>();
    const items: Item[] = [];
    for (const [key, { source, stretch, ...sums }] of this.#owed) {
      for (const kind of ["heard", "kept", "refused"] as const) {
        const sum = sums[kind];
        if (!sum) continue;
        const item = activityItem(source, kind, stretch, this.#process, sum);
        items.push(item);
        owed.set(keyText(item), key);
      }
    }
    const failed = await putAll(table, items);
    const still = new Set([...failed].map((item) => owed.get(item)));
    for (const key of [...this.#owed.keys()]) if (!still.has(key)) this.#owed.delete(key);
    if (failed.size > 0) logger.error("figures of sources not put", { items: failed.size });
  }
}
