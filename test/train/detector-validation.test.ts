import { expect, test } from 'vitest';
import { measureInstances } from '../../src/data/geometry/label-image.js';
import { boxAt } from '../../src/data/geometry/box.js';
import type { Example } from '../../src/data/read/example.js';
import type { DetectorPredictor } from '../../src/predict/detect.js';
import { detectorMetricNames, validateDetector } from '../../src/train/detector-validation.js';
import { discs } from '../data/augment/samples.js';

const example = (id: string, count: number): Example => ({
  ...discs(
    60,
    30,
    Array.from({ length: count }, (_, k) => ({ x: 10 + 20 * k, y: 15, radius: 6 })),
  ),
  ...{ id, cluster: id },
});

/** Finds the first `found` nuclei of each image, exactly. */
const oracle = (found: Readonly<Record<string, number>>): Pick<DetectorPredictor, 'detect'> => ({
  detect: (input) => {
    const { id, labelImage, instanceCount } = input as Example;
    const { boxes } = measureInstances(labelImage, instanceCount);
    const detections = Array.from({ length: found[id]! }, (_, k) => ({ box: boxAt(boxes, k), score: 0.9 }));
    return Promise.resolve({ detections, omitted: 1 });
  },
});

test('each image has its own score, and the worst comes first', async () => {
  const images = [example('all', 2), example('half', 2), example('nothing', 2), example('empty', 0)];
  const {
    metrics,
    images: scores,
    examples,
  } = await validateDetector(oracle({ all: 2, half: 1, nothing: 0, empty: 0 }), images, () => {});
  expect(Object.keys(metrics)).toEqual(expect.arrayContaining([...detectorMetricNames]));
  expect(metrics).toMatchObject({ omitted: 4, recall50: 0.5 });
  expect(
    scores.map(({ id, cluster, score }) => [id, cluster, score === null ? null : score.toFixed(2)]),
  ).toEqual([
    ['all', 'all', '1.00'],
    // COCO's precision at 101 recalls: 1 up to 0.5, 51 of them.
    ['half', 'half', (51 / 101).toFixed(2)],
    ['nothing', 'nothing', '0.00'],
    // Nothing to find.
    ['empty', 'empty', null],
  ]);
  expect(examples.map(({ id, kind }) => `${kind} ${id}`)).toEqual([
    'worst nothing',
    'worst half',
    'worst all',
  ]);
  // Plain, truth, prediction.
  expect(examples[0]!.image).toMatchObject({ width: 180, height: 30, channels: 3 });
});

test('a drawing has the truth in white in the middle and the detections in colour on the right', async () => {
  const { examples } = await validateDetector(oracle({ a: 1 }), [example('a', 1)], () => {});
  const { data, width } = examples[0]!.image;
  // The disc spans 4 to 16 px from the left, and 9 to 21 px from above: the box begins at its top left pixel.
  const at = (panel: number) => [
    ...data.subarray(3 * (9 * width + 60 * panel + 4), 3 * (9 * width + 60 * panel + 5)),
  ];
  expect(at(1)).toEqual([255, 255, 255]);
  expect(new Set(at(2)).size).toBeGreaterThan(1);
  expect(new Set(at(0)).size).toBe(1);
});

test('large images are subsampled to a bounded size', async () => {
  const large: Example = { ...discs(1300, 40, [{ x: 700, y: 20, radius: 10 }]), id: 'large' };
  const { examples } = await validateDetector(oracle({ large: 1 }), [large], () => {});
  // Every third pixel.
  expect(examples[0]!.image).toMatchObject({ width: 3 * 434, height: 14 });
});

test('progress is reported within an image, and an error from the callback ends the validation', async () => {
  const reported: number[] = [];
  const found = oracle({ a: 1, b: 1 });
  const inHalves: typeof found = {
    detect: (input, options) => {
      for (const share of [0.5, 1]) options!.onProgress!(share);
      return found.detect(input);
    },
  };
  const images = [example('a', 1), example('b', 1)];
  await validateDetector(inHalves, images, (done, total) => reported.push(done, total));
  expect(reported).toEqual([0.5, 2, 1, 2, 1.5, 2, 2, 2]);
  const stop = (done: number) => {
    if (done === 1.5) throw new RangeError('stopped');
  };
  await expect(validateDetector(inHalves, images, stop)).rejects.toThrow('stopped');
});
