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
    const { low, high } = bootstrapMean(values, random());
    const halfWidth = 1.96 * Math.sqrt(variance / 400);
    expect(low).toBeCloseTo(mean - halfWidth, 2);
    expect(high).toBeCloseTo(mean + halfWidth, 2);
  });

  test('repeats with its seed, and has no width without spread', () => {
    const values = [0, 1, 0.5, 0.25];
    expect(bootstrapMean(values, random())).toEqual(bootstrapMean(values, random()));
    expect(bootstrapMean([0.25, 0.25], random())).toEqual({ low: 0.25, high: 0.25 });
    expect(bootstrapMean([0.5], random())).toEqual({ low: 0.5, high: 0.5 });
    expect(() => bootstrapMean([], random())).toThrow('Expected at least one value');
  });

  test('of two values reaches both: each is drawn twice in a quarter of the resamplings', () => {
    expect(bootstrapMean([0, 1], random())).toEqual({ low: 0, high: 1 });
  });
});

describe('a comparison', () => {
  /** Images with one nucleus of 20 px, of which this many are predicted: 19 px score 0.9, 12 px 0.2. */
  const images = (pixels: Record<string, number>) =>
    Object.entries(pixels).map(([id, count]) => evaluateImage(bar(20, [0, 20]), bar(20, [0, count]), { id }));

  test('sorts images by how much they changed', () => {
    const { images: changed, ...figures } = compareImages(
      images({ a: 19, b: 12, c: 19, d: 12 }),
      images({ a: 12, b: 12, c: 20, d: 19 }),
      random(),
    );
    expect(changed.map(({ id }) => id)).toEqual(['a', 'd', 'c', 'b']);
    expect(changed[0]).toEqual({ id: 'a', before: 0.9, after: 0.2, difference: 0.2 - 0.9 });
    expect(figures).toMatchObject({ better: 2, worse: 1, equal: 1 });
    expect(figures.difference).toBeCloseTo((0.1 + 0.7 - 0.7) / 4, 12);
    expect(figures.interval.low).toBeLessThan(0);
    expect(figures.interval.high).toBeGreaterThan(0);
  });

  test('of equal predictions is 0 from end to end', () => {
    const same = images({ a: 19, b: 12 });
    expect(compareImages(same, same, random())).toMatchObject({
      difference: 0,
      interval: { low: 0, high: 0 },
      equal: 2,
    });
  });

  test('of other images is refused', () => {
    expect(() => compareImages(images({ a: 19 }), images({ b: 19 }), random())).toThrow('the same images');
    expect(() => compareImages(images({ a: 19 }), images({ a: 19, b: 19 }), random())).toThrow(
      'the same images',
    );
  });
});
