import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  doubtfulOrder,
  drawControls,
  type PlannedItem,
  randomOrder,
  regionsOf,
} from '../../../src/annotate/server/queue-plan.js';

const names = (count: number) => Array.from({ length: count }, (_, index) => `image-${index}.png`);

const item = (name: string, more: Partial<PlannedItem> = {}): PlannedItem => ({
  ...{ name, width: 10, height: 10, stratum: 'fluorescence', contrast: 10 },
  ...more,
});

test('a fifth of the images measures the model, and they stay when images are added', () => {
  expect(drawControls(names(3), undefined, 1)).toEqual([]);
  for (let count = 4; count < 30; count++)
    expect(drawControls(names(count), undefined, 1).length).toBeGreaterThan(0);
  const controls = drawControls(names(1000), undefined, 1);
  expect(controls).toHaveLength(200);
  const plan = {
    nucleate: 'queue',
    format: 1,
    seed: 1,
    regionSide: null,
    controls,
    items: names(1000).map((name) => item(name)),
  } as const;
  const more = drawControls(names(1100), { ...plan, controls: [...controls], items: [...plan.items] }, 1);
  expect(more).toHaveLength(220);
  expect(more.slice(0, controls.length)).toEqual(controls);
  // None of the images that were there before is drawn later: it may have been proposed on.
  expect(more.slice(controls.length).every((name) => !names(1000).includes(name))).toBe(true);
});

test('regions cover the image and have the side that was asked for', () => {
  const sides = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(sides, sides, fc.integer({ min: 5, max: 40 }), (width, height, side) => {
      const covered = new Uint8Array(width * height);
      for (const region of regionsOf({ width, height }, side)) {
        expect([region.width, region.height]).toEqual([Math.min(side, width), Math.min(side, height)]);
        for (let y = region.y; y < region.y + region.height; y++)
          covered.fill(1, y * width + region.x, y * width + region.x + region.width);
      }
      expect(covered.every((value) => value === 1)).toBe(true);
    }),
  );
});

test('the random order takes the kinds in turn, and is the same for a seed', () => {
  const kinds = ['fluorescence', 'stained', 'brightfield'] as const;
  const items = names(30).map((name, index) => item(name, { stratum: kinds[index % 3]! }));
  const order = randomOrder(items, 1);
  expect(new Set(order)).toEqual(new Set(items));
  for (let at = 0; at < 30; at += 3)
    expect(new Set(order.slice(at, at + 3).map(({ stratum }) => stratum)).size).toBe(3);
  expect(randomOrder([...items].reverse(), 1)).toEqual(order);
  expect(randomOrder(items, 2)).not.toEqual(order);
});

test('images with more to see come sooner', () => {
  let sooner = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const [first] = randomOrder([item('full', { contrast: 29 }), item('empty', { contrast: 0 })], seed);
    if (first!.name === 'full') sooner++;
  }
  // With weights 30 and 1 the first is drawn in 30 of 31 cases: 193.5 of 200, standard deviation 2.5.
  expect(sooner).toBeGreaterThan(180);
  expect(sooner).toBeLessThan(200);
});

test('the doubtful come first, and every fifth is random', () => {
  const items = names(20).map((name, index) => item(name, index < 15 ? { doubt: index } : {}));
  const controls = new Set(['image-14.png']);
  const order = doubtfulOrder(items, controls, 1);
  expect(new Set(order.map(({ item: { name } }) => name)).size).toBe(20);
  const doubtful = order.filter(({ chosen }) => chosen === 'doubtful').map(({ item: { doubt } }) => doubt!);
  expect(doubtful).toEqual([...doubtful].sort((one, other) => other - one));
  expect(order.slice(0, 4).map(({ item: { name } }) => name)).toEqual([
    'image-13.png',
    'image-12.png',
    'image-11.png',
    'image-10.png',
  ]);
  expect([4, 9].map((at) => order[at]!.chosen)).toEqual(['random', 'random']);
});
