import { expect, test } from 'vitest';
import { roiLosses, type RoiLossOptions } from '../../../src/models/detector/roi-loss.js';
import { tf } from '../../../src/tf.js';
import { expectGradientMatchesDifferences } from '../../helpers/gradients.js';
import { expectNewTensors, useNativeCpu } from '../../helpers/tensors.js';

useNativeCpu();

const options: RoiLossOptions = {
  boxLoss: { kind: 'smooth-l1', beta: 1 },
  boxWeights: [10, 10, 5, 5],
  positiveLabel: 'one',
};

/** A positive, a negative and padding. */
const targets = () => ({
  rois: tf.tensor3d([
    [
      [0, 0, 10, 10],
      [20, 20, 30, 40],
      [0, 0, 0, 0],
    ],
  ]),
  valid: tf.tensor2d([[1, 1, 0]]),
  labels: tf.tensor2d([[1, 0, 0]]),
  matchedBoxes: tf.tensor3d([
    [
      [1, 0, 11, 8],
      [0, 0, 2, 2],
      [0, 0, 0, 0],
    ],
  ]),
  iou: tf.tensor2d([[0.7, 0.1, 0]]),
});
const roiLogits = () => tf.tensor2d([[0.5, -1, 3]]);
const roiDeltas = () =>
  tf.tensor3d([
    [
      [0.5, 0, 0, 0],
      [9, 9, 9, 9],
      [9, 9, 9, 9],
    ],
  ]);

const valuesOf = ({ classes, boxes }: ReturnType<typeof roiLosses>) => ({
  classes: classes.dataSync()[0]!,
  boxes: boxes.dataSync()[0]!,
});

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

test('both losses, hand-computed, over the two rois that are valid', () => {
  const { classes, boxes } = valuesOf(
    roiLosses({ roiLogits: roiLogits(), roiDeltas: roiDeltas() }, targets(), options),
  );
  expect(classes).toBeCloseTo((-Math.log(sigmoid(0.5)) - Math.log(1 - sigmoid(-1))) / 2, 5);
  // Deltas of the positive: 10 * 1 / 10, 10 * -1 / 10, 0, 5 ln 0.8; against 0.5, 0, 0, 0 with beta 1.
  const height = 5 * Math.log(0.8);
  expect(boxes).toBeCloseTo((0.5 ** 2 / 2 + (1 - 0.5) + (Math.abs(height) - 0.5)) / 2, 5);
});

test('the IoU as the label of positives', () => {
  const { classes } = valuesOf(
    roiLosses({ roiLogits: roiLogits(), roiDeltas: roiDeltas() }, targets(), {
      ...options,
      positiveLabel: 'iou',
    }),
  );
  const p = sigmoid(0.5);
  const positive = -0.7 * Math.log(p) - 0.3 * Math.log(1 - p);
  expect(classes).toBeCloseTo((positive - Math.log(1 - sigmoid(-1))) / 2, 5);
});

test('GIoU of the decoded box', () => {
  const predictions = { roiLogits: roiLogits(), roiDeltas: roiDeltas() };
  const { boxes } = valuesOf(roiLosses(predictions, targets(), { ...options, boxLoss: { kind: 'giou' } }));
  // (0.5, 0, 10.5, 10) and (1, 0, 11, 8) share 9.5 x 8 of 100 + 80; the hull is 10.5 x 10.
  const union = 180 - 76;
  expect(boxes).toBeCloseTo((1 - (76 / union - (105 - union) / 105)) / 2, 5);
});

test('no roi: both losses are 0', () => {
  const none = { ...targets(), valid: tf.zeros<tf.Rank.R2>([1, 3]), labels: tf.zeros<tf.Rank.R2>([1, 3]) };
  const predictions = { roiLogits: roiLogits(), roiDeltas: roiDeltas() };
  expect(valuesOf(roiLosses(predictions, none, options))).toEqual({ classes: 0, boxes: 0 });
});

test.each(['smooth-l1', 'giou'] as const)('%s: gradients match differences', (kind) => {
  const boxLoss = kind === 'giou' ? { kind } : { kind, beta: 1 };
  const [truth, logits] = [targets(), roiLogits()];
  const losses = (roiLogits: tf.Tensor, roiDeltas: tf.Tensor) =>
    roiLosses({ roiLogits: roiLogits as tf.Tensor2D, roiDeltas: roiDeltas as tf.Tensor3D }, truth, {
      ...options,
      boxLoss,
    });
  const deltas = roiDeltas().add([0.1, 0.2, 0.15, -0.1]);
  const check = { step: 1e-2, atol: 2e-3 };
  expectGradientMatchesDifferences((x) => losses(x, deltas).classes, logits, check);
  expectGradientMatchesDifferences((x) => losses(logits, x).boxes, deltas, check);
  expectNewTensors(() => losses(logits, deltas), 2);
});
