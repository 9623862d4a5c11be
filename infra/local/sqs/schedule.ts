interface Planned<Item> {
  readonly at: number;
  readonly item: Item;
}

/** Items by the time at which they are due: a binary min-heap. */
export class Schedule<Item> {
  #heap: Planned<Item>[] = [];

  /** The time at which the first item is due, in the unit in which items were planned; null if there is none. */
  get nextAt(): number | null {
    return this.#heap[0]?.at ?? null;
  }

  get size(): number {
    return this.#heap.length;
  }

  get next(): Item | null {
    return this.#heap[0]?.item ?? null;
  }

  plan(at: number, item: Item): void {
    const heap = this.#heap;
    const planned = { at, item };
    let index = heap.length;
    heap.push(planned);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.at <= at) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = planned;
  }

  /** Removes the item that is due first. */
  dropNext(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child += 1;
      if (heap[child]!.at >= last.at) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }

  /** Forgets the items for which `isWanted` is false. */
  retain(isWanted: (item: Item) => boolean): void {
    // A list in ascending order is a heap already.
    this.#heap = this.#heap.filter(({ item }) => isWanted(item)).sort((a, b) => a.at - b.at);
  }
}
