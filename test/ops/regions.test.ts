import { expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.js';
import { gatherRows } from '../../src/ops/gather.js';
import { paddedNonMaxSuppression } from '../../src/ops/non-max-suppression.js';
import { roiAlign } from '../../src/ops/roi-align.js';
import { tf } from '../../src/tf.js';
import { expectGradientMatchesDifferences } from '../helpers/gradients.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

interface Sampling {
  readonly outputSize: number;
  readonly spatialScale: number;
  readonly samplingRatio: number;
}

/** RoI-align of one box and one channel, in loops after the description in detectron2's ROIAlign_cpu.cpp. */
function roiAlignOracle(image: number[][], [x1, y1, x2, y2]: number[], sampling: Sampling): number[][] {
  const { outputSize, spatialScale, samplingRatio } = sampling;
  const [height, width] = [image.length, image[0]!.length];
  const bilinear = (y: number, x: number) => {
    if (y < -1 || y > height || x < -1 || x > width) return 0;
    const [top, left] = [Math.min(Math.max(y, 0), height - 1), Math.min(Math.max(x, 0), width - 1)];
    const [row, column] = [Math.floor(top), Math.floor(left)];
    const at = (r: number, c: number) => image[Math.min(r, height - 1)]![Math.min(c, width - 1)]!;
    const upper = at(row, column) * (1 - (left - column)) + at(row, column + 1) * (left - column);
    const lower = at(row + 1, column) * (1 - (left - column)) + at(row + 1, column + 1) * (left - column);
    return upper * (1 - (top - row)) + lower * (top - row);
  };
  const position = (from: number, to: number, bin: number, sample: number) =>
    from * spatialScale -
    0.5 +
    ((to - from) * spatialScale * (bin + (sample + 0.5) / samplingRatio)) / outputSize;
  const each = Array.from({ length: samplingRatio }, (_, sample) => sample);
  return Array.from({ length: outputSize }, (_, row) =>
    Array.from({ length: outputSize }, (_, column) => {
      const values = each.flatMap((i) =>
        each.map((j) => bilinear(position(y1!, y2!, row, i), position(x1!, x2!, column, j))),
      );
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    }),
  );
}

const features = () => tf.randomUniform<tf.Rank.R4>([2, 5, 6, 2], -1, 1, 'float32', 11);

/** Inside, across a border, a single point, larger than the image, far outside. */
const boxes = [
  [8, 8, 40, 56],
  [-20, -9, 30, 20],
  [24, 24, 24, 24],
  [-100, -100, 300, 300],
  [500, 500, 600, 600],
];

test('RoI-align equals loops', () => {
  const sampling = { outputSize: 3, spatialScale: 1 / 16, samplingRatio: 2 };
  const x = features();
  const result = roiAlign(x, tf.tensor3d([boxes, boxes.toReversed()]), sampling);
  const values = x.arraySync();
  for (const [image, list] of [boxes, boxes.toReversed()].entries()) {
    for (const [index, box] of list.entries()) {
      for (const channel of [0, 1]) {
        const plane = values[image]!.map((row) => row.map((pixel) => pixel[channel]!));
        const actual = result.slice([image, index, 0, 0, channel], [1, 1, 3, 3, 1]).reshape([3, 3]);
        expectTensorsClose(actual, roiAlignOracle(plane, box, sampling), { atol: 1e-5 });
      }
    }
  }
});

test('RoI-align of a ramp, hand-computed', () => {
  const ramp = tf.tensor4d([0, 1, 2, 3, 0, 1, 2, 3], [1, 2, 4, 1]); // the value is the column
  const box = tf.tensor3d([[[1, 0, 3, 2]]]); // columns 1 and 2: centres at 1 and 2
  const result = roiAlign(ramp, box, { outputSize: 2, spatialScale: 1, samplingRatio: 1 });
  expectTensorsClose(
    result.reshape([2, 2]),
    [
      [1, 2],
      [1, 2],
    ],
    { atol: 1e-6 },
  );
});

test('the gradient of RoI-align matches differences', () => {
  const rois = tf.tensor3d([boxes.slice(0, 3), boxes.slice(1, 4)]);
  const sampling = { outputSize: 2, spatialScale: 1 / 16, samplingRatio: 2 };
  const align = (x: tf.Tensor) => roiAlign(x as tf.Tensor4D, rois, sampling);
  // Linear in the features, so that a large step is exact but for rounding.
  expectGradientMatchesDifferences(align, features(), { step: 0.5, atol: 1e-4 });
  expectNewTensors(() => align(features()), 2);
});

const detections = () => ({
  boxes: tf.tensor2d([
    [0, 0, 10, 10],
    [0, 1, 10, 11], // IoU with the first: 90 / 110
    [20, 0, 30, 10],
    [40, 0, 50, 10],
  ]),
  scores: tf.tensor1d([0.8, 0.9, 0.95, 0.05]),
});

const suppress = ({ boxes, scores }: { boxes: tf.Tensor2D; scores: tf.Tensor1D }) =>
  paddedNonMaxSuppression(boxes, scores, { count: 4, iouThreshold: 0.5, scoreThreshold: 0.1 });

test.each(['compiled', 'eager'] as const)('%s: padded non-maximum suppression', (mode) => {
  const step = compile(suppress, { inputs: detections(), state: {}, mode });
  const { indices, valid } = step.run(detections());
  expectTensorsClose(valid, [1, 1, 0, 0], { atol: 0 });
  expect([...indices.dataSync()].slice(0, 2)).toEqual([2, 1]);
  // Other values, with another number of results, from the same graph.
  const fewer = step.run({ ...detections(), scores: tf.tensor1d([0, 0, 0, 0.2]) });
  expectTensorsClose(fewer.valid, [1, 0, 0, 0], { atol: 0 });
  expect(fewer.indices.dataSync()[0]).toBe(3);
});

test('non-maximum suppression without padding is an error', () => {
  const { boxes, scores } = detections();
  const unpadded = ({ boxes, scores }: { boxes: tf.Tensor2D; scores: tf.Tensor1D }) => ({
    kept: tf.image.nonMaxSuppressionPadded(boxes, scores, 2, 0.5)['selectedIndices']!,
  });
  expect(() => compile(unpadded, { inputs: { boxes, scores }, state: {}, mode: 'compiled' })).toThrow(
    'NonMaxSuppressionV4 cannot be compiled: the size of its result depends on values.',
  );
});

test('gather: values and gradient, with one index twice', () => {
  const x = tf.tensor2d([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  const indices = tf.tensor1d([2, 0, 2], 'int32');
  expectTensorsClose(
    gatherRows(x, indices),
    [
      [5, 6],
      [1, 2],
      [5, 6],
    ],
    { atol: 0 },
  );
  const dy = tf.tensor2d([
    [1, 10],
    [2, 20],
    [3, 30],
  ]);
  expectTensorsClose(
    tf.grad((x) => gatherRows(x, indices))(x, dy),
    [
      [2, 20],
      [0, 0],
      [4, 40],
    ],
    { atol: 0 },
  );
  expectNewTensors(() => gatherRows(x, indices), 1);
});

test('the best of the scores, compiled', () => {
  const best = ({ scores, boxes }: { scores: tf.Tensor1D; boxes: tf.Tensor2D }) => {
    const { values, indices } = tf.topk(scores, 2);
    return { values, boxes: gatherRows(boxes, indices) };
  };
  const step = compile(best, { inputs: detections(), state: {}, mode: 'compiled' });
  const result = step.run({ ...detections(), scores: tf.tensor1d([1, 2, 4, 3]) });
  expectTensorsClose(result.values, [4, 3], { atol: 0 });
  expectTensorsClose(
    result.boxes,
    [
      [20, 0, 30, 10],
      [40, 0, 50, 10],
    ],
    { atol: 0 },
  );
});
