import { mentions, mentionsIn, type Sought, withoutMentions } from "./mentions.ts";
import {
  decodeMessage,
  type Fact,
  type PersonFactMessage,
  type QuarantineFact,
  type TouchFact,
  UnreadableMessage,
} from "./message.ts";
import type { Touch } from "./touch.ts";

/**
 * A fact as it may be kept after people were erased: as it is where it names none of them, without them where it is somebody
 * else's, and not at all where it is theirs.
 * @returns undefined where nothing of it may be kept
 */
export function withoutSuppressed(fact: Fact, sought: Sought): Fact | undefined {
  if (sought.identifierIds.size === 0) return fact;
  switch (fact.kind) {
    case "touch":
      return touchWithout(fact, sought);
    case "person":
      return personFactWithout(fact, sought);
    case "quarantine":
      return quarantineWithout(fact, sought);
    case "tally":
      return fact;
  }
}

function touchWithout(fact: TouchFact, sought: Sought): TouchFact | undefined {
  const { touch, identifierIds } = fact;
  if (sought.identifierIds.has(touch.identifierId)) return undefined;
  const gone = Object.entries(identifierIds).filter(([, id]) => sought.identifierIds.has(id));
  if (gone.length === 0) return fact;
  const names = new Set(gone.map(([type]) => type));
  return {
    ...fact,
    touch: redactedTouch(touch, names, sought),
    identifierIds: without(identifierIds, names),
  };
}

/** A touch of somebody else that named an erased person. @param names the types that go */
export function redactedTouch(touch: Touch, names: ReadonlySet<string>, sought: Sought): Touch {
  const { identifiers, ...rest } = touch;
  return {
    ...touch,
    ...(withoutMentions(textsOf(rest), sought) as object),
    identifiers: without(identifiers, names),
  };
}

/** What of a touch its sender worded. */
const textsOf = ({ campaign, asset, properties }: Omit<Touch, "identifiers">) => ({
  ...(campaign && { campaign }),
  ...(asset && { asset }),
  ...(properties && { properties }),
});

function personFactWithout(message: PersonFactMessage, sought: Sought): PersonFactMessage | undefined {
  const { fact, seen } = message;
  if (sought.identifierIds.has(fact.identifierId)) return undefined;
  const left = seen.filter(({ id }) => !sought.identifierIds.has(id));
  if (left.length === seen.length) return message;
  const values = new Set(left.map(({ type, value }) => `${type}:${value}`));
  const kept = Object.entries(fact.identifiers).filter(([type, value]) => values.has(`${type}:${value}`));
  return { ...message, fact: { ...fact, identifiers: Object.fromEntries(kept) }, seen: left };
}

const without = <Fields extends object>(fields: Fields, names: ReadonlySet<string>): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.has(name))) as Fields;

/**
 * Something in quarantine as it may be kept after people were erased. What is one item is kept or goes; a message of the queue, or
 * a batch, loses their items, so that others lose nothing.
 * @returns undefined where nothing of it may be kept
 */
export function quarantineWithout(entry: QuarantineFact, sought: Sought): QuarantineFact | undefined {
  const bytes = Buffer.from(entry.raw, "base64");
  const { headers, ...bare } = entry;
  const named = mentionsIn([headers ?? {}, entry.detail ?? ""], sought);
  if (!named && !mentions(bytes, sought)) return entry;
  const left = leftOf(entry.route, bytes, sought);
  return left === undefined
    ? undefined
    : { ...(named ? { ...bare, detail: "" } : entry), raw: Buffer.from(left).toString("base64") };
}

function leftOf(route: string, bytes: Buffer, sought: Sought): string | undefined {
  if (route === "process") return messageWithout(bytes.toString("utf8"), sought);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8").replace(/^\ufeff/, ""));
  } catch {
    return undefined;
  }
  if (Array.isArray(value)) return itemsWithout(value, sought, (items) => items);
  const batch = (value as { batch?: unknown } | null)?.batch;
  if (!Array.isArray(batch)) return undefined;
  return itemsWithout(batch, sought, (items) => ({ ...(value as object), batch: items }));
}

function itemsWithout(
  items: readonly unknown[],
  sought: Sought,
  around: (items: unknown[]) => unknown,
): string | undefined {
  const left = items.filter((item) => !mentionsIn(item, sought));
  const value = around(left);
  return left.length === 0 || mentionsIn(value, sought) ? undefined : JSON.stringify(value);
}

function messageWithout(body: string, sought: Sought): string | undefined {
  try {
    const { facts, ...rest } = decodeMessage(body);
    const left = facts.flatMap((fact) => withoutSuppressed(fact, sought) ?? []);
    return left.length === 0 ? undefined : JSON.stringify({ ...rest, facts: left });
  } catch (error) {
    if (error instanceof UnreadableMessage) return undefined;
    throw error;
  }
}
