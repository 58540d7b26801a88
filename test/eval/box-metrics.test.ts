import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { matchDetections } from '../../src/eval/box-matching.js';
import { boxMetrics } from '../../src/eval/box-metrics.js';

const fixture = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/eval/boxes.json'), 'utf8'),
) as {
  images: { gtBoxes: number[][]; predBoxes: number[][]; scores: number[] }[];
  expected: { maxDetections: number; averagePrecision: number[]; recall: number[] }[];
};

const boxes = (gtBoxes: number[][], predBoxes: number[][], scores: number[]) => ({
  gtBoxes: Float32Array.from(gtBoxes.flat()),
  predBoxes: Float32Array.from(predBoxes.flat()),
  scores: Float32Array.from(scores),
});

describe('the same as pycocotools', () => {
  test.each(fixture.expected)('with at most $maxDetections detections', ({ maxDetections, ...expected }) => {
    const images = fixture.images.map((image) => boxes(image.gtBoxes, image.predBoxes, image.scores));
    const metrics = boxMetrics(images.map(matchDetections), maxDetections);
    metrics.perThreshold.forEach(({ averagePrecision, recall }, index) => {
      expect(averagePrecision).toBeCloseTo(expected.averagePrecision[index]!, 12);
      expect(recall).toBeCloseTo(expected.recall[index]!, 12);
    });
    const mean = expected.averagePrecision.reduce((sum, value) => sum + value, 0) / 10;
    expect(metrics.averagePrecision).toBeCloseTo(mean, 12);
  });
});

test('by hand: two boxes, the highest-scoring detection wrong, one right, one a duplicate', () => {
  const image = boxes(
    [
      [0, 0, 10, 10],
      [20, 0, 30, 10],
    ],
    [
      [50, 50, 60, 60],
      [0, 0, 10, 9], // IoU 0.9
      [0, 0, 10, 10],
    ],
    [0.9, 0.8, 0.7],
  );
  const { perThreshold, recall } = boxMetrics([matchDetections(image)], null);
  // Recall 1/2 is reached at rank 2 with precision 1/2: 51 of the 101 recalls (0 .. 0.50) read 1/2.
  expect(perThreshold[0]).toMatchObject({ threshold: 0.5, recall: 0.5 });
  expect(perThreshold[0]!.averagePrecision).toBeCloseTo((51 * 0.5) / 101, 12);
  // An IoU of 0.9 is a hit at 0.9, unlike in the challenge score.
  expect(perThreshold[8]!.averagePrecision).toBeCloseTo((51 * 0.5) / 101, 12);
  // Above 0.9 only the third detection hits: precision 1/3.
  expect(perThreshold[9]!.averagePrecision).toBeCloseTo(51 / 3 / 101, 12);
  expect(recall).toBe(0.5);
  expect(boxMetrics([matchDetections(image)], 1)).toMatchObject({
    predCount: 1,
    recall: 0,
    averagePrecision: 0,
  });
});

test('nothing true, nothing detected', () => {
  const none = boxes([], [], []);
  const one = boxes([], [[0, 0, 1, 1]], [1]);
  for (const image of [none, one]) {
    expect(boxMetrics([matchDetections(image)], null)).toMatchObject({
      averagePrecision: null,
      recall: null,
    });
  }
  const missed = boxMetrics([matchDetections(boxes([[0, 0, 1, 1]], [], []))], null);
  expect(missed).toMatchObject({ averagePrecision: 0, recall: 0 });
  expect(() => boxMetrics([matchDetections(boxes([], [[0, 0, 1, 1]], []))], null)).toThrow(
    'Expected boxes [N, 4] and a score for each detection, received 0 and 4 numbers and 0 scores',
  );
});
