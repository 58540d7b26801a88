import { expect, test } from 'vitest';
import { maskMetrics } from '../../src/eval/mask-metrics.js';

test('counts each nucleus once, hits strictly above the thresholds, nothing for an empty pair', () => {
  const overlaps = [
    { intersection: 19, union: 20 }, // 0.95: above all but the last
    { intersection: 10, union: 10 }, // above all ten
    { intersection: 1, union: 2 }, // 0.5: above none
    { intersection: 0, union: 0 },
  ];
  const above = [...Array<number>(9).fill(2 / 4), 1 / 4];
  const metrics = maskMetrics(overlaps);
  expect(metrics).toMatchObject({ count: 4, above });
  expect(metrics.meanIou).toBeCloseTo((0.95 + 1 + 0.5) / 4, 12);
  expect(metrics.score).toBeCloseTo((9 * 0.5 + 0.25) / 10, 12);
});

test('without a nucleus all means are null', () => {
  const above = Array<null>(10).fill(null);
  expect(maskMetrics([])).toEqual({ count: 0, meanIou: null, above, score: null });
});
