import { expect, test } from 'vitest';
import { removeSlivers } from '../../../src/data/augment/cut.js';
import type { Sample } from '../../../src/data/augment/sample.js';

/** 6 x 4 px: label 1 at the left edge, 3 in the middle, 4 at the right edge, 2 nowhere. */
const labels = Int32Array.of(
  ...[1, 0, 0, 0, 0, 4],
  ...[1, 0, 3, 3, 0, 4],
  ...[0, 0, 3, 0, 0, 4],
  ...[0, 0, 0, 0, 0, 0],
);
const sample: Sample = {
  width: 6,
  height: 4,
  channels: 1,
  pixels: new Float32Array(24),
  labels,
  ignore: Uint8Array.from(labels, (_, pixel) => (pixel === 23 ? 1 : 0)),
};
const areas = Float64Array.of(10, 50, 3, 4);
const keptBy = (rule: { minVisible: number; minArea: number }, keep = 0) =>
  removeSlivers(sample, areas, rule, keep);

test('a cut nucleus that shows too little becomes ignored background, and the others are renumbered', () => {
  const { labels: kept, ignore } = keptBy({ minVisible: 0.25, minArea: 1 }); // 2 of 10 are a fifth
  expect([...kept]).toEqual([
    ...[0, 0, 0, 0, 0, 2],
    ...[0, 0, 1, 1, 0, 2],
    ...[0, 0, 1, 0, 0, 2],
    ...[0, 0, 0, 0, 0, 0],
  ]);
  expect([...ignore.keys()].filter((pixel) => ignore[pixel] === 1)).toEqual([0, 6, 23]);
  expect(sample.labels).toBe(labels); // the argument stays
  expect(sample.ignore[0]).toBe(0);
});

test('a nucleus that shows just enough is kept, and so is one that only touches the edge', () => {
  expect(new Set(keptBy({ minVisible: 0.2, minArea: 1 }).labels)).toEqual(new Set([0, 1, 2, 3]));
  expect(keptBy({ minVisible: 1, minArea: 1 }).labels[5]).toBe(0); // 3 of 4
});

test('a nucleus away from the edge is removed only if it is too small', () => {
  expect(keptBy({ minVisible: 1, minArea: 3 }).labels[8]).toBe(1);
  expect(keptBy({ minVisible: 0, minArea: 4 }).labels.every((label) => label === 0)).toBe(true);
});

test('the nucleus that the crop is around is always kept', () => {
  expect(keptBy({ minVisible: 1, minArea: 100 }, 1).labels[0]).toBe(1);
});
