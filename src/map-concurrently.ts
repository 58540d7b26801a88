/**
 * Maps items in order, several of them at a time, so that memory is bounded and no core waits.
 *
 * Not p-map 7 (`pMapIterable`): when the reader stops early, it leaves mappings running, and the caller would close the
 * zip archive that they read from.
 *
 * @param concurrency How much is started and not yielded yet, at most.
 * @param map Called in the order of the items.
 * @param costOf How much an item counts, 1 to `concurrency`; default: 1.
 * @returns The results in the order of the items. The first failure in that order is thrown. Before that, and when the
 *   reader stops early, all mappings that have started are awaited.
 */
export async function* mapConcurrently<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  concurrency: number,
  map: (item: T) => Promise<R>,
  costOf: (item: T) => number = () => 1,
): AsyncGenerator<R, void, undefined> {
  const started: { readonly result: Promise<R>; readonly cost: number }[] = [];
  let free = concurrency;
  const next = () => {
    const { result, cost } = started.shift()!;
    free += cost;
    return result;
  };
  try {
    for await (const item of items) {
      const cost = costOf(item);
      while (cost > free) yield await next();
      const result = map(item);
      // A failure is thrown when its turn comes, and must not count as unhandled until then.
      result.catch(() => {});
      started.push({ result, cost });
      free -= cost;
    }
    while (started.length > 0) yield await next();
  } finally {
    await Promise.allSettled(started.map(({ result }) => result));
  }
}
