import { expect, test } from 'vitest';
import { evaluateImage } from '../../src/eval/evaluate-image.js';
import { summarise } from '../../src/eval/summarise.js';
import { blank, drawing } from '../reference/draw.js';

const one = drawing('11..', '11..');
const oneAndMore = drawing('1123', '1145');

test('the score is a mean over images; precision and recall pool their instances', () => {
  const images = [
    evaluateImage(one, one, { id: 'a', cluster: 'y' }), // 1 TP
    evaluateImage(one, oneAndMore, { id: 'b', cluster: 'x' }), // 1 TP, 4 FP
    evaluateImage(blank(4, 2), blank(4, 2), { id: 'c', cluster: 'y' }),
    evaluateImage(one, blank(4, 2), { id: 'd' }), // 1 FN
  ];
  const { perThreshold, clusters, sizeClasses, ...all } = summarise(images);
  expect(all).toMatchObject({
    imageCount: 4,
    gtCount: 3,
    predCount: 6,
    bothEmptyCount: 1,
    score: (1 + 1 / 5 + 1 + 0) / 4,
    meanMatchedIou: 1,
    thresholds: [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95],
    errors: { missed: 1, extra: 4, merged: 0, split: 0, merging: 0, fragments: 0 },
  });
  expect(perThreshold[9]).toEqual({
    threshold: 0.95,
    tp: 2,
    fp: 4,
    fn: 1,
    precision: 2 / 6,
    recall: 2 / 3,
    f1: 4 / (4 + 4 + 1),
    score: (1 + 1 / 5 + 1 + 0) / 4,
  });
  expect(clusters.map(({ cluster, imageCount, score }) => [cluster, imageCount, score])).toEqual([
    ['x', 1, expect.closeTo(1 / 5, 12)],
    ['y', 2, 1],
  ]);
  expect(sizeClasses.map(({ name, gtCount, predCount }) => [name, gtCount, predCount])).toEqual([
    ['small', 3, 6],
    ['medium', 0, 0],
    ['large', 0, 0],
  ]);
});

test('undefined values are null, never NaN', () => {
  const empty = summarise([evaluateImage(blank(4, 2), blank(4, 2), { id: 'a' })]);
  expect(empty).toMatchObject({ score: 1, meanMatchedIou: null, bothEmptyCount: 1, clusters: [] });
  expect(empty.perThreshold[0]).toMatchObject({ precision: null, recall: null, f1: 1, score: 1 });
  expect(JSON.stringify(empty)).not.toContain('NaN');
  expect(() => summarise([])).toThrow('Expected at least one image to summarise');
});

test('the mean matched IoU weighs all pairs equally, not images', () => {
  const four = drawing('1.2.3.4.', '1.2.3.4.');
  const images = [
    evaluateImage(four, four, { id: 'a' }), // four pairs of IoU 1
    evaluateImage(drawing('1111'), drawing('111.'), { id: 'b' }), // one of 3/4
  ];
  expect(summarise(images).meanMatchedIou).toBeCloseTo((4 + 0.75) / 5, 12);
});
