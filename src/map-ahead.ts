/**
 * Does the same work for each item, some of it ahead: yields the results in the order of the items, while the next ones are
 * worked on.
 *
 * When a work fails or the caller stops, no other work begins, and those that have begun are waited for.
 *
 * @param slots How much is begun and not yielded yet, at most.
 * @param work Called in the order of the items.
 * @param slotsOf How many slots an item takes: 1 to `slots`; default: 1.
 */
export async function* mapAhead<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  slots: number,
  work: (item: Item) => Promise<Result>,
  slotsOf: (item: Item) => number = () => 1,
): AsyncGenerator<Result> {
  const begun: { readonly result: Promise<Result>; readonly slots: number }[] = [];
  let free = slots;
  const next = () => {
    const { result, slots: freed } = begun.shift()!;
    free += freed;
    return result;
  };
  try {
    for await (const item of items) {
      const taken = slotsOf(item);
      while (taken > free) yield await next();
      const result = work(item);
      // It is awaited only in its turn; until then Node would take a failure for one that nobody handles.
      result.catch(() => {});
      begun.push({ result, slots: taken });
      free -= taken;
    }
    while (begun.length > 0) yield await next();
  } finally {
    await Promise.allSettled(begun.map(({ result }) => result));
  }
}
