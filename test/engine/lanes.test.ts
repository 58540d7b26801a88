import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lanes, runsAtOnce } from '../../src/engine/lanes.js';

test('works begin in their order, in no more lanes than there are, and as many at once as fit', async () => {
  const works = fc.array(fc.record({ lanes: fc.integer({ min: 1, max: runsAtOnce }), time: fc.nat(3) }));
  await fc.assert(
    fc.asyncProperty(works, async (asked) => {
      const lanes = new Lanes();
      const begun: number[] = [];
      let used = 0;
      const results = await Promise.all(
        asked.map((work, index) =>
          lanes.run(work.lanes, async () => {
            begun.push(index);
            used += work.lanes;
            expect(used).toBeLessThanOrEqual(runsAtOnce);
            await setTimeout(work.time);
            used -= work.lanes;
            return index;
          }),
        ),
      );
      expect(begun).toEqual([...asked.keys()]);
      expect(results).toEqual(begun);
    }),
  );
});

test('two works of one lane run at once; one of both lanes waits for them', async () => {
  const lanes = new Lanes();
  const events: string[] = [];
  const work = (name: string) => async () => {
    events.push(`${name} begins`);
    await setTimeout(5);
    events.push(`${name} ends`);
  };
  await Promise.all([
    lanes.run(1, work('a')),
    lanes.run(1, work('b')),
    lanes.run(2, work('c')),
    lanes.run(1, work('d')),
  ]);
  expect(events).toEqual([
    'a begins',
    'b begins',
    'a ends',
    'b ends',
    'c begins',
    'c ends',
    'd begins',
    'd ends',
  ]);
});

test('a work that fails gives its lanes back', async () => {
  const lanes = new Lanes();
  const failing = lanes.run(runsAtOnce, () => Promise.reject(new Error('no')));
  const next = lanes.run(runsAtOnce, () => Promise.resolve('next'));
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('next');
});
