/** Works through a list, so many at once; resolves when all is done, rejects with the first error. */
export async function eachOf<Value>(
  values: readonly Value[],
  atOnce: number,
  work: (value: Value) => Promise<void>,
): Promise<void> {
  // One iterator for all workers: each takes the next value that nobody has taken.
  const next = values.values();
  const worker = async () => {
    for (const value of next) await work(value);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, values.length) }, worker));
}
