import { describe, expect, test } from 'vitest';
import { bootstrapMean, compareImages } from '../../src/eval/compare.js';
import { evaluateImage } from '../../src/eval/evaluate-image.js';
import { randomFor } from '../../src/random.js';
import { bar } from '../reference/draw.js';

const random = () => randomFor(1, 'bootstrap');

describe('the bootstrap interval of a mean', () => {
  test('is about 1.96 standard errors wide on each side', () => {
    const draw = randomFor(3, 'values');
    const values = Array.from({ length: 400 }, () => draw.normal());
    const mean = values.reduce((sum, value) => sum + value, 0) / 400;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 400;
    const { low, high } = bootstrapMean(
      values.map((value) => [value]),
      random(),
    );
    const halfWidth = 1.96 * Math.sqrt(variance / 400);
    expect(low).toBeCloseTo(mean - halfWidth, 2);
    expect(high).toBeCloseTo(mean + halfWidth, 2);
  });

  test('repeats with its seed, and has no width without spread', () => {
    const values = [[0], [1], [0.5], [0.25]];
    expect(bootstrapMean(values, random())).toEqual(bootstrapMean(values, random()));
    expect(bootstrapMean([[0.25], [0.25]], random())).toEqual({ low: 0.25, high: 0.25 });
    expect(bootstrapMean([[0.5]], random())).toEqual({ low: 0.5, high: 0.5 });
    expect(() => bootstrapMean([], random())).toThrow('Expected at least one value');
  });

  test('of two values reaches both: each is drawn twice in a quarter of the resamples', () => {
    expect(bootstrapMean([[0], [1]], random())).toEqual({ low: 0, high: 1 });
  });

  test('of groups is as wide as the interval of their means, and weighs each value equally', () => {
    const draw = randomFor(4, 'values');
    // 40 groups of ten equal values each: 400 values carry no more information than 40.
    const means = Array.from({ length: 40 }, () => draw.normal());
    const groups = means.map((mean) => new Array<number>(10).fill(mean));
    const interval = bootstrapMean(groups, random());
    const plain = bootstrapMean(
      means.map((mean) => [mean]),
      random(),
    );
    expect(interval.low).toBeCloseTo(plain.low, 12);
    expect(interval.high).toBeCloseTo(plain.high, 12);
  });
});

describe('a comparison', () => {
  /** Images with one nucleus of 20 px, of which this many are predicted: 19 px score 0.9, 12 px 0.2. */
  const images = (pixels: Record<string, number>) =>
    Object.entries(pixels).map(([id, count]) => evaluateImage(bar(20, [0, 20]), bar(20, [0, count]), { id }));

  test('sorts images by how much they changed', () => {
    const { images: changed, ...rest } = compareImages(
      images({ a: 19, b: 12, c: 19, d: 12 }),
      images({ a: 12, b: 12, c: 20, d: 19 }),
      { random: random() },
    );
    expect(changed.map(({ id }) => id)).toEqual(['a', 'd', 'c', 'b']);
    expect(changed[0]).toEqual({ id: 'a', before: 0.9, after: 0.2, difference: 0.2 - 0.9 });
    expect(rest).toMatchObject({ better: 2, worse: 1, equal: 1 });
    expect(rest.difference).toBeCloseTo((0.1 + 0.7 - 0.7) / 4, 12);
    expect(rest.interval.low).toBeLessThan(0);
    expect(rest.interval.high).toBeGreaterThan(0);
  });

  test('draws images of one group together: four images that changed equally count as one', () => {
    const before = images({ a: 12, b: 12, c: 12, d: 12, e: 19 });
    const after = images({ a: 19, b: 19, c: 19, d: 19, e: 19 });
    const groupOf = new Map(['a', 'b', 'c', 'd'].map((id) => [id, 'field']));
    // Two groups, the field and e: both are drawn once in half of the resamples, one twice in a quarter each.
    const { interval } = compareImages(before, after, { random: random(), groupOf });
    expect(interval).toEqual({ low: 0, high: expect.closeTo(0.7, 12) as number });
    const alone = compareImages(before, after, { random: random() }).interval;
    expect(alone.low).toBeGreaterThan(0.1);
  });

  test('of equal predictions has the difference and interval 0', () => {
    const same = images({ a: 19, b: 12 });
    expect(compareImages(same, same, { random: random() })).toMatchObject({
      difference: 0,
      interval: { low: 0, high: 0 },
      equal: 2,
    });
  });

  test('of different images is an error', () => {
    expect(() => compareImages(images({ a: 19 }), images({ b: 19 }), { random: random() })).toThrow(
      'the same images',
    );
    expect(() => compareImages(images({ a: 19 }), images({ a: 19, b: 19 }), { random: random() })).toThrow(
      'the same images',
    );
  });
});
