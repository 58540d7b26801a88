import { expect, test } from 'vitest';
import { matchDetections } from '../../src/eval/box-matching.js';
import { boxMetrics } from '../../src/eval/box-metrics.js';
import { boxReport, type BoxImage } from '../../src/eval/box-report.js';
import { randomFor } from '../../src/random.js';

const image = (
  id: string,
  cluster: string | undefined,
  gtBoxes: number[][],
  detected: [score: number, ...box: number[]][],
): BoxImage => ({
  id,
  cluster,
  gtBoxes: Float32Array.from(gtBoxes.flat()),
  predBoxes: Float32Array.from(detected.flatMap(([, ...box]) => box)),
  scores: Float32Array.from(detected.map(([score]) => score)),
});

test('by hand: a small box found exactly, a large one at IoU 0.6, by cluster and size', () => {
  const report = boxReport([
    image('one', 'a', [[0, 0, 10, 10]], [[0.9, 0, 0, 10, 10]]), // pi/4 * 100 = 79 px: small
    image('two', 'b', [[0, 0, 40, 40]], [[0.8, 0, 0, 40, 24]]), // pi/4 * 1600 = 1257 px: large; IoU 24 / 40
    image('three', undefined, [], [[0.7, 0, 0, 5, 5]]),
  ]);
  // Both at 0.5, 0.55 and 0.6, one of two above: (3 * 2 + 7 * 1) / 20.
  const recall = { atIou50: 1, mean: 13 / 20 };
  // At 0.75 half of the recall at precision 1: recalls 0 .. 0.50 of 101.
  expect(report).toMatchObject({ imageCount: 3, gtCount: 2, predCount: 3, ap50: 1, ap75: 51 / 101 });
  expect(report.ap).toBeCloseTo((3 + 7 * (51 / 101)) / 10, 12);
  expect(report.recall).toEqual([100, 300, 1000].map((maxDetections) => ({ maxDetections, ...recall })));
  expect(report.clusters).toMatchObject([
    { cluster: 'a', imageCount: 1, ap: 1 },
    { cluster: 'b', imageCount: 1, ap50: 1, ap75: 0 },
  ]);
  expect(
    report.sizeClasses.map(({ name, gtCount, recall: [first] }) => [name, gtCount, first!.mean]),
  ).toEqual([
    ['small', 1, 1],
    ['medium', 0, null],
    ['large', 1, 3 / 10],
  ]);
});

test('each cap gives the values of boxMetrics, which is checked against pycocotools', () => {
  const random = randomFor(1, 'boxes');
  const images = ['a', 'b'].map((id) => {
    const gt = Array.from({ length: 150 }, () => {
      const [x, y] = [random.uniform() * 300, random.uniform() * 300];
      return [x, y, x + 15, y + 15];
    });
    const detected = Array.from({ length: 1100 }, (): [number, ...number[]] => {
      const box = gt[random.integer(gt.length)]!;
      return [random.integer(50) / 50, ...box.map((side) => side + random.uniform() * 8 - 4)];
    });
    return image(id, undefined, gt, detected);
  });
  const report = boxReport(images);
  for (const { maxDetections, atIou50, mean } of report.recall) {
    const metrics = boxMetrics(images.map(matchDetections), maxDetections);
    expect(mean).toBeCloseTo(metrics.recall!, 12);
    expect(atIou50).toBe(metrics.perThreshold[0]!.recall);
  }
  expect(report.recall[0]!.mean).toBeLessThan(report.recall[2]!.mean!);
  expect(report.ap).toBe(boxMetrics(images.map(matchDetections), 1000).averagePrecision);
  expect(report.clusters).toEqual([]);
});

test('nothing true, and no image at all', () => {
  const empty = { gtCount: 0, ap: null, ap50: null, ap75: null };
  expect(boxReport([])).toMatchObject({ imageCount: 0, predCount: 0, ...empty });
  const extra = boxReport([image('one', 'a', [], [[1, 0, 0, 1, 1]])]);
  expect(extra).toMatchObject({ imageCount: 1, predCount: 1, ...empty });
  expect(extra.recall[0]).toEqual({ maxDetections: 100, atIou50: null, mean: null });
});
