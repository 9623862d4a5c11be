import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Message, Queue } from "../../../../infra/local/sqs/queue.ts";

const DAY = 86_400_000;

function message(id: string, more: Partial<Message> = {}): Message {
  return { id, body: id, bodyMd5: "", sentAt: 0, receiveCount: 0, ...more };
}

function queueOf(...messages: Message[]): Queue {
  const queue = new Queue({ retention: DAY });
  for (const each of messages) queue.add(each, 1, each.sentAt);
  return queue;
}

function receiveIds(queue: Queue, now: number, more: { limit?: number; visibility?: number } = {}): string[] {
  return queue.receive({ limit: 10, visibility: 1_000, ...more, now }).received.map(({ id }) => id);
}

describe("visibility", () => {
  test("a received message is hidden until its timeout, then visible again", () => {
    const queue = queueOf(message("a"));
    expect(receiveIds(queue, 0)).toEqual(["a"]);
    expect(receiveIds(queue, 999)).toEqual([]);
    expect(queue.nextVisibleAt()).toBe(1_000);
    expect(receiveIds(queue, 1_000)).toEqual(["a"]);
  });

  test("a delayed message is hidden until its delay is over", () => {
    const queue = queueOf(message("a", { delayedUntil: 500 }));
    expect(queue.counts(0)).toEqual({ visible: 0, inFlight: 0, delayed: 1 });
    expect(receiveIds(queue, 499)).toEqual([]);
    expect(receiveIds(queue, 500)).toEqual(["a"]);
  });

  test("messages come in the order in which they became visible", () => {
    const queue = queueOf(message("a"), message("b"), message("c"));
    expect(receiveIds(queue, 0, { limit: 2 })).toEqual(["a", "b"]);
    expect(queue.changeVisibility({ id: "b", receiveCount: 1 }, 0, 1)).toBe("changed");
    expect(receiveIds(queue, 1)).toEqual(["c", "b"]);
  });

  test("a receive without a timeout gives a message once and hides nothing", () => {
    const queue = queueOf(message("a"));
    expect(receiveIds(queue, 0, { visibility: 0 })).toEqual(["a"]);
    expect(receiveIds(queue, 0)).toEqual(["a"]);
  });

  test("a shortened flight ends earlier, a prolonged one later", () => {
    const queue = queueOf(message("short"), message("long"));
    receiveIds(queue, 0);
    queue.changeVisibility({ id: "short", receiveCount: 1 }, 100, 0);
    queue.changeVisibility({ id: "long", receiveCount: 1 }, 2_000, 0);
    expect(queue.nextVisibleAt()).toBe(100);
    expect(receiveIds(queue, 1_000)).toEqual(["short"]);
    expect(queue.nextVisibleAt()).toBe(2_000);
  });

  test("an older receipt neither deletes nor hides what another consumer has received since", () => {
    const queue = queueOf(message("a"));
    receiveIds(queue, 0);
    receiveIds(queue, 1_000);
    expect(queue.delete({ id: "a", receiveCount: 1 })).toBe(false);
    expect(queue.changeVisibility({ id: "a", receiveCount: 1 }, 0, 1_000)).toBe("not in flight");
    expect(queue.delete({ id: "a", receiveCount: 2 })).toBe(true);
    expect(queue.changeVisibility({ id: "a", receiveCount: 2 }, 0, 1_000)).toBe("gone");
  });

  test("the last receipt deletes a message that is visible again, and it never comes back", () => {
    const queue = queueOf(message("a"));
    receiveIds(queue, 0);
    expect(queue.counts(1_000).visible).toBe(1);
    expect(queue.delete({ id: "a", receiveCount: 1 })).toBe(true);
    expect(receiveIds(queue, 1_000)).toEqual([]);
  });

  test("no flight lasts longer than twelve hours from the receive", () => {
    const queue = queueOf(message("a"));
    queue.receive({ limit: 1, visibility: 43_200_000, now: 0 });
    expect(queue.changeVisibility({ id: "a", receiveCount: 1 }, 43_199_000, 1_000)).toBe("changed");
    expect(queue.changeVisibility({ id: "a", receiveCount: 1 }, 43_200_000, 1_000)).toBe("too long");
  });
});

describe("redrive", () => {
  test("a message is exhausted at the receive that would be one too many", () => {
    const queue = queueOf(message("a"));
    const attempt = (now: number) => queue.receive({ limit: 1, visibility: 1, maxReceiveCount: 2, now });
    expect(attempt(0).received).toHaveLength(1);
    expect(attempt(1).received).toHaveLength(1);
    expect(attempt(2)).toMatchObject({ received: [], exhausted: [{ id: "a", receiveCount: 2 }] });
    expect(queue.counts(3)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test("receives in an earlier queue do not count", () => {
    const queue = queueOf(message("a", { receiveCount: 5, receivesElsewhere: 5 }));
    const attempt = (now: number) => queue.receive({ limit: 1, visibility: 1, maxReceiveCount: 1, now });
    expect(attempt(0).received).toMatchObject([{ receiveCount: 6 }]);
    expect(attempt(1).exhausted).toHaveLength(1);
  });

  test("an exhausted message does not use up the receive's limit", () => {
    const queue = queueOf(message("poison", { receiveCount: 1 }), message("a"));
    const { received, exhausted } = queue.receive({ limit: 1, visibility: 1, maxReceiveCount: 1, now: 0 });
    expect([received[0]?.id, exhausted[0]?.id]).toEqual(["a", "poison"]);
  });
});

describe("retention", () => {
  test("an expired message is not received, whatever its state was", () => {
    const queue = queueOf(message("visible"), message("flying"), message("younger", { sentAt: 5_000 }));
    queue.receive({ limit: 1, visibility: 100, now: 0 });
    expect(receiveIds(queue, DAY)).toEqual(["younger"]);
  });

  test("a message that expires shortly after others is not received either", () => {
    const queue = queueOf(message("a"), message("b", { sentAt: 500 }), message("c", { sentAt: 900 }));
    expect(receiveIds(queue, DAY, { limit: 1, visibility: 0 })).toEqual(["b"]);
    expect(receiveIds(queue, DAY + 500)).toEqual(["c"]);
  });

  test("expired messages are not counted and take no memory", () => {
    const queue = queueOf(message("a"), message("b", { sentAt: 5_000 }));
    receiveIds(queue, 0, { limit: 1 });
    expect(queue.counts(DAY)).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    expect([...queue.messages()].map(({ id }) => id)).toEqual(["b"]);
    expect(queue.counts(DAY + 5_000).visible).toBe(0);
    expect(queue.liveBytes).toBe(0);
  });
});

const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("send" as const), delay: fc.constantFrom(0, 0, 3) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("receive" as const),
      limit: fc.integer({ min: 1, max: 10 }),
      visibility: fc.constantFrom(0, 1, 5),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), which: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("change" as const),
      which: fc.nat(),
      visibility: fc.constantFrom(0, 2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("purge" as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), time: fc.integer({ min: 1, max: 6 }) }),
  },
);

test("law: every message is visible, in flight, delayed or deleted; a model that looks at each agrees", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const queue = new Queue({ retention: DAY });
      const model = new Map<string, { visibleAt: number; receiveCount: number }>();
      const receipts: { id: string; receiveCount: number }[] = [];
      let now = 0;
      let sent = 0;
      for (const step of operations) {
        if (step.kind === "wait") now += step.time;
        if (step.kind === "send") {
          const id = `m${sent++}`;
          queue.add(message(id, { sentAt: now, delayedUntil: now + step.delay }), 1, now);
          model.set(id, { visibleAt: now + step.delay, receiveCount: 0 });
        }
        if (step.kind === "receive") {
          const visible = [...model.values()].filter(({ visibleAt }) => visibleAt <= now).length;
          const { received } = queue.receive({ limit: step.limit, visibility: step.visibility, now });
          expect(received).toHaveLength(Math.min(step.limit, visible));
          expect(new Set(received.map(({ id }) => id)).size).toBe(received.length);
          for (const { id, receiveCount } of received) {
            const known = model.get(id);
            expect(known?.visibleAt).toBeLessThanOrEqual(now);
            expect(receiveCount).toBe(known!.receiveCount + 1);
            model.set(id, { visibleAt: now + step.visibility, receiveCount });
            receipts.push({ id, receiveCount });
          }
        }
        if (step.kind === "delete" && receipts.length > 0) {
          const receipt = receipts[step.which % receipts.length]!;
          const isLast = model.get(receipt.id)?.receiveCount === receipt.receiveCount;
          expect(queue.delete(receipt)).toBe(isLast);
          if (isLast) model.delete(receipt.id);
        }
        if (step.kind === "change" && receipts.length > 0) {
          const receipt = receipts[step.which % receipts.length]!;
          const known = model.get(receipt.id);
          const isCurrent = known?.receiveCount === receipt.receiveCount && known.visibleAt > now;
          expect(queue.changeVisibility(receipt, step.visibility, now) === "changed").toBe(isCurrent);
          if (isCurrent) known.visibleAt = now + step.visibility;
        }
        if (step.kind === "purge") {
          queue.purge();
          model.clear();
        }
        const { visible, inFlight, delayed } = queue.counts(now);
        expect(visible + inFlight + delayed).toBe(model.size);
        expect(visible).toBe([...model.values()].filter(({ visibleAt }) => visibleAt <= now).length);
        expect(queue.liveBytes).toBe(model.size);
        const hidden = [...model.values()].map(({ visibleAt }) => visibleAt).filter((at) => at > now);
        expect(queue.nextVisibleAt()).toBe(hidden.length === 0 ? null : Math.min(...hidden));
      }
    }),
  );
});
