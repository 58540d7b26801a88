import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DrawOrder } from '../../../src/data/loader/order.js';

const epochOf = (order: DrawOrder, count: number, epoch: number) =>
  Array.from({ length: count }, (_, i) => order.itemAt(epoch * count + i));

const anyWeights = fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 1, maxLength: 40 });

test('equal weights draw each item once per epoch, whatever the weight, in a new order each time', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 50 }),
      fc.double({ min: 0.01, max: 9, noNaN: true }),
      (seed, count, weight) => {
        const order = new DrawOrder(seed, new Array<number>(count).fill(weight));
        for (const epoch of [0, 1]) {
          expect(epochOf(order, count, epoch).sort((a, b) => a - b)).toEqual([...new Array(count).keys()]);
        }
      },
    ),
  );
  const order = new DrawOrder(1, new Array<number>(20).fill(1));
  expect(epochOf(order, 20, 0)).not.toEqual(epochOf(order, 20, 1));
  expect(epochOf(order, 20, 0)).not.toEqual(epochOf(new DrawOrder(2, new Array<number>(20).fill(1)), 20, 0));
});

test('an item is drawn count * weight / sum times per epoch, rounded up or down', () => {
  fc.assert(
    fc.property(fc.integer(), anyWeights, (seed, weights) => {
      const drawn = epochOf(new DrawOrder(seed, weights), weights.length, 0);
      const sum = weights.reduce((total, weight) => total + weight, 0);
      weights.forEach((weight, item) => {
        const expected = (weights.length * weight) / sum;
        const times = drawn.filter((other) => other === item).length;
        expect(times).toBeGreaterThanOrEqual(Math.floor(expected - 1e-9));
        expect(times).toBeLessThanOrEqual(Math.ceil(expected + 1e-9));
      });
    }),
  );
});

test('over many epochs an item of weight 3 is drawn three times as often', () => {
  const order = new DrawOrder(1, [1, 1, 1, 3]);
  const times = new Array<number>(4).fill(0);
  for (let i = 0; i < 4 * 600; i++) times[order.itemAt(i)]! += 1;
  expect(times[3]).toBe(1200); // 4 * 3 / 6 = 2 an epoch, without rounding
  for (const count of times.slice(0, 3)) expect(Math.abs(count - 400)).toBeLessThan(50);
});

test('an order can be entered at any draw', () => {
  const weights = [1, 2, 1, 1, 5];
  const whole = Array.from({ length: 30 }, (_, i) => new DrawOrder(7, weights).itemAt(i));
  const order = new DrawOrder(7, weights);
  expect([29, 3, 12, 4].map((draw) => order.itemAt(draw))).toEqual([29, 3, 12, 4].map((draw) => whole[draw]));
});

test('an order without items is an error', () => {
  expect(() => new DrawOrder(1, [])).toThrow('Expected at least one item to draw from');
});
