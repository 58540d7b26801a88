import { expect, test } from 'vitest';
import { randomFor, seedFor, type Random } from '../src/random.js';

const draw = (random: Random, count: number) => Array.from({ length: count }, () => random.uniform());

test('a stream never changes: its first values are pinned', () => {
  const random = randomFor(1, 'golden');
  expect(draw(random, 2)).toEqual([0.15949020351264154, 0.07335008399789644]);
  expect(random.integer(1000)).toBe(43);
  expect(random.normal()).toBeCloseTo(-0.4021458537968902, 12);
  expect(random.normal()).toBeCloseTo(1.1943693149974095, 12);
  expect(random.shuffle([1, 2, 3, 4, 5, 6])).toEqual([2, 1, 4, 3, 6, 5]);
  expect([seedFor(1, 'conv1'), seedFor(1, 'conv2')]).toEqual([107128889, 193064471]);
});

test.each([
  [randomFor(1, 'a', 'bc'), randomFor(1, 'ab', 'c')],
  [randomFor(1, 1), randomFor(1, '1')],
  [randomFor(1, 'a'), randomFor(2, 'a')],
  [randomFor(1), randomFor(1, '')],
  [randomFor(1, 'a,b'), randomFor(1, 'a', 'b')],
])('streams of different names differ (%#)', (one, other) => {
  expect(draw(one, 3)).not.toEqual(draw(other, 3));
});

test('draws from another stream do not change a stream', () => {
  const alone = draw(randomFor(7, 'augment', 3), 5);
  const other = randomFor(7, 'sampler');
  const random = randomFor(7, 'augment', 3);
  const between = Array.from({ length: 5 }, () => {
    other.normal();
    return random.uniform();
  });
  expect(between).toEqual(alone);
});

test('uniform fills its range evenly', () => {
  const bins = new Array<number>(20).fill(0);
  for (const value of draw(randomFor(1, 'bins'), 20_000)) bins[Math.floor(value * 20)]! += 1;
  const chiSquare = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  expect(bins).toHaveLength(20); // nothing at 1 or above
  expect(chiSquare).toBeLessThan(43.8); // 19 degrees of freedom, p = 0.001
});

test('the first values of neighbouring streams fill the range evenly', () => {
  const bins = new Array<number>(20).fill(0);
  for (let i = 0; i < 20_000; i++) bins[Math.floor(randomFor(1, 'augment', 0, i).uniform() * 20)]! += 1;
  const chiSquare = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  expect(chiSquare).toBeLessThan(43.8);
});

test('normal has mean 0, variance 1 and independent neighbours', () => {
  const random = randomFor(1, 'normal');
  const values = Array.from({ length: 20_000 }, () => random.normal());
  const mean = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const beyondTwo = values.filter((value) => Math.abs(value) > 2).length / values.length;
  const neighbours = mean(values.slice(1).map((value, i) => value * values[i]!));
  // Four standard errors: 4 / sqrt(20000) = 0.028; of the variance sqrt(2) as much.
  expect(Math.abs(mean(values))).toBeLessThan(0.028);
  expect(Math.abs(mean(values.map((value) => value ** 2)) - 1)).toBeLessThan(0.04);
  expect(Math.abs(neighbours)).toBeLessThan(0.028);
  expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(0.006);
});

test('integer reaches 0 and n - 1 and nothing else', () => {
  const random = randomFor(1, 'integer');
  const seen = new Set(Array.from({ length: 200 }, () => random.integer(3)));
  expect([...seen].sort()).toEqual([0, 1, 2]);
  expect(() => random.integer(0)).toThrow('Expected n to be an integer from 1, received 0');
  expect(() => random.integer(1.5)).toThrow(RangeError);
});

test('shuffle keeps the items, leaves its argument alone and makes every order equally often', () => {
  const random = randomFor(1, 'shuffle');
  const items = Object.freeze(['a', 'b', 'c']);
  const orders = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = random.shuffle(items).join('');
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  expect([...orders.keys()].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  // 1000 each; four standard deviations are 4 * sqrt(6000 * 1/6 * 5/6) = 115.
  for (const count of orders.values()) expect(Math.abs(count - 1000)).toBeLessThan(115);
  expect(random.shuffle([])).toEqual([]);
});

test('seedFor gives 31-bit positive seeds, one per name', () => {
  const seeds = Array.from({ length: 2000 }, (_, i) => seedFor(1, `layer${i}`));
  expect(new Set(seeds).size).toBe(2000);
  expect(Math.min(...seeds)).toBeGreaterThanOrEqual(1);
  expect(Math.max(...seeds)).toBeLessThan(2 ** 31);
  expect(Math.max(...seeds)).toBeGreaterThan(2 ** 30); // all 31 bits are used
});

test('a seed or name that JSON cannot tell apart is an error', () => {
  expect(() => randomFor(NaN)).toThrow(RangeError);
  expect(() => randomFor(1, Infinity)).toThrow(
    "Expected the seed and numbers in a stream's name to be integers, received Infinity",
  );
});
