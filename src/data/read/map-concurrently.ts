/**
 * Maps items in order, up to `concurrency` of them at a time, so that memory is bounded and no core waits.
 *
 * Not p-map 7 (`pMapIterable`): when the reader stops early, it leaves mappings running, and the caller would close the
 * zip archive that they read from.
 *
 * @returns The results in the order of the items. The first failure in that order is thrown. Before that, and when the
 *   reader stops early, all mappings that have started are awaited.
 */
export async function* mapConcurrently<T, R>(
  items: Iterable<T>,
  concurrency: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const started: Promise<R>[] = [];
  try {
    for (const item of items) {
      const result = map(item);
      // A failure is thrown when its turn comes, and must not count as unhandled until then.
      result.catch(() => {});
      started.push(result);
      if (started.length >= concurrency) yield await started.shift()!;
    }
    while (started.length > 0) yield await started.shift()!;
  } finally {
    await Promise.allSettled(started);
  }
}
