/**
 * Maps items in order, with up to `ahead` of them under way at a time: memory stays bounded and no core waits.
 *
 * @returns The results in the order of the items. The first failure in that order is thrown; then, as when the reader
 *   stops early, what is under way is awaited first.
 */
export async function* mapAhead<T, R>(
  items: Iterable<T>,
  ahead: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const underWay: Promise<R>[] = [];
  try {
    for (const item of items) {
      const result = map(item);
      // It is awaited when its turn comes, which must not count as unhandled until then.
      result.catch(() => {});
      underWay.push(result);
      if (underWay.length >= ahead) yield await underWay.shift()!;
    }
    while (underWay.length > 0) yield await underWay.shift()!;
  } finally {
    await Promise.allSettled(underWay);
  }
}
