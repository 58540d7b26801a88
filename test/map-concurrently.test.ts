import fc from 'fast-check';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { mapConcurrently } from '../src/map-concurrently.js';

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('results come in the order of the items, whatever takes how long and how many slots', async () => {
  const works = fc.array(fc.record({ time: fc.nat(3), slots: fc.integer({ min: 1, max: 3 }) }), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(works, fc.integer({ min: 3, max: 4 }), async (items, slots) => {
      let used = 0;
      let most = 0;
      const begun: number[] = [];
      const each = mapConcurrently(
        items.entries(),
        slots,
        async ([index, item]) => {
          begun.push(index);
          used += item.slots;
          most = Math.max(most, used);
          await setTimeout(item.time);
          return index;
        },
        ([, item]) => item.slots,
      );
      const results: number[] = [];
      for await (const index of each) {
        used -= items[index]!.slots;
        results.push(index);
      }
      expect(results).toEqual([...items.keys()]);
      expect(begun).toEqual(results);
      expect(most).toBeLessThanOrEqual(slots);
    }),
  );
});

test('while one result is used, the next ones are worked on', async () => {
  const begun: number[] = [];
  const work = (item: number) => {
    begun.push(item);
    return Promise.resolve(item);
  };
  const each = mapConcurrently([0, 1, 2, 3, 4], 3, work);
  expect((await each.next()).value).toBe(0);
  // The slot of the first is free only when the second is asked for.
  expect(begun).toEqual([0, 1, 2]);
  expect((await each.next()).value).toBe(1);
  expect(begun).toEqual([0, 1, 2, 3]);
});

test('items may come one by one', async () => {
  async function* items() {
    for (let item = 0; item < 3; item++) {
      await setTimeout(1);
      yield item;
    }
  }
  expect(await collect(mapConcurrently(items(), 2, (item) => Promise.resolve(2 * item)))).toEqual([0, 2, 4]);
  expect(await collect(mapConcurrently([], 2, () => Promise.resolve(1)))).toEqual([]);
});

test('when a work fails, those before it are yielded, no other begins, and what has begun is waited for', async () => {
  const ended: number[] = [];
  const work = async (item: number) => {
    await setTimeout(item === 1 ? 1 : 10);
    ended.push(item);
    if (item === 1) throw new Error('one');
    return item;
  };
  const seen: number[] = [];
  const use = async () => {
    for await (const item of mapConcurrently([0, 1, 2, 3, 4], 3, work)) seen.push(item);
  };
  await expect(use()).rejects.toThrow('one');
  expect(seen).toEqual([0]);
  expect(ended.sort()).toEqual([0, 1, 2, 3]);
});

test('a caller that stops waits for what has begun, and closes where the items come from', async () => {
  let isClosed = false;
  function* items() {
    try {
      for (let item = 0; ; item++) yield item;
    } finally {
      isClosed = true;
    }
  }
  let running = 0;
  const work = async (item: number) => {
    running += 1;
    await setTimeout(5);
    running -= 1;
    return item;
  };
  for await (const item of mapConcurrently(items(), 4, work)) if (item === 2) break;
  expect([running, isClosed]).toEqual([0, true]);
});
