import { expect, test } from 'vitest';
import { focalLoss, giouLoss, sigmoidCrossEntropy, smoothL1 } from '../../../src/models/detector/losses.js';
import { tf } from '../../../src/tf.js';
import { expectGradientMatchesDifferences } from '../../helpers/gradients.js';
import { expectNewTensors, useNativeCpu } from '../../helpers/tensors.js';

useNativeCpu();

const valueOf = (loss: tf.Scalar) => loss.dataSync()[0]!;
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

const logits = tf.tensor1d.bind(null, [-3, -0.4, 0.2, 2.5]);
const labels = tf.tensor1d.bind(null, [0, 1, 0.3, 1]);
const hard = tf.tensor1d.bind(null, [0, 1, 0, 1]);
const weights = tf.tensor1d.bind(null, [1, 0.5, 2, 0]);
const focal = { alpha: 0.25, gamma: 2 };

test('cross-entropy equals its definition', () => {
  const term = (z: number, y: number) => -y * Math.log(sigmoid(z)) - (1 - y) * Math.log(1 - sigmoid(z));
  const expected = term(-3, 0) + 0.5 * term(-0.4, 1) + 2 * term(0.2, 0.3);
  expect(valueOf(sigmoidCrossEntropy(logits(), labels(), weights()))).toBeCloseTo(expected, 5);
});

test('focal loss equals its definition', () => {
  const term = (z: number, y: number) => {
    const p = y === 1 ? sigmoid(z) : 1 - sigmoid(z);
    return -(y === 1 ? 0.25 : 0.75) * (1 - p) ** 2 * Math.log(p);
  };
  const expected = term(-3, 0) + 0.5 * term(-0.4, 1) + 2 * term(0.2, 0);
  expect(valueOf(focalLoss(logits(), hard(), weights(), focal))).toBeCloseTo(expected, 5);
  // Without focus and with equal weights half of the cross-entropy.
  const plain = valueOf(focalLoss(logits(), hard(), weights(), { alpha: 0.5, gamma: 0 }));
  expect(plain).toBeCloseTo(valueOf(sigmoidCrossEntropy(logits(), hard(), weights())) / 2, 5);
});

test('smooth L1, hand-computed on both sides of beta', () => {
  const [predictions, targets] = [tf.tensor1d([1, 2, 3, 9]), tf.tensor1d([1.25, 4, -1, 0])];
  // |d| = 0.25, 2, 4 with beta 0.5: 0.25^2 / 1, 2 - 0.25, 4 - 0.25.
  const expected = 0.0625 + 0.5 * 1.75 + 2 * 3.75;
  expect(valueOf(smoothL1(predictions, targets, weights(), { beta: 0.5 }))).toBeCloseTo(expected, 5);
});

/** `xyxy` px: shifted, apart, inside, equal. */
const boxes = () =>
  tf.tensor2d([
    [0, 0, 4, 2],
    [0, 0, 2, 2],
    [1, 1, 3, 3],
    [5, 6, 8, 9],
  ]);
const targets = () =>
  tf.tensor2d([
    [2, 0, 6, 2], // shares 4 of 12, hull 12
    [6, 4, 8, 6], // shares 0 of 8, hull 8 x 6
    [0, 0, 4, 4], // shares 4 of 16, hull 16
    [5, 6, 8, 9],
  ]);

test('GIoU, hand-computed', () => {
  const loss = (row: number) => {
    const weights = tf
      .oneHot(tf.tensor1d([row], 'int32'), 4)
      .reshape([4])
      .toFloat();
    return valueOf(giouLoss(boxes(), targets(), weights));
  };
  expect(loss(0)).toBeCloseTo(1 - 4 / 12, 6);
  expect(loss(1)).toBeCloseTo(1 + 40 / 48, 6);
  expect(loss(2)).toBeCloseTo(1 - 4 / 16, 6);
  expect(loss(3)).toBeCloseTo(0, 6);
});

test('gradients match differences', () => {
  const [l, h, w] = [labels(), hard(), weights()];
  const check = { step: 1e-2, atol: 2e-3 };
  expectGradientMatchesDifferences((z) => sigmoidCrossEntropy(z, l, w), logits(), check);
  expectGradientMatchesDifferences((z) => focalLoss(z, h, w, focal), logits(), check);
  expectGradientMatchesDifferences((z) => focalLoss(z, h, w, { alpha: 0.6, gamma: 1.5 }), logits(), check);
  const differences = tf.tensor1d([-3, -0.2, 0.1, 2]);
  const zero = tf.zeros([4]);
  const all = tf.tensor1d([1, 2, 3, 4]);
  expectGradientMatchesDifferences((d) => smoothL1(d, zero, all, { beta: 0.5 }), differences, check);
  // Away from where sides meet, at which GIoU has a bend.
  const moved = boxes().add([
    [0.1, 0.2, 0.3, 0.4],
    [0.1, 0.2, 0.3, 0.4],
    [0.1, 0.2, 0.3, 0.4],
    [0.1, -0.2, 0.3, -0.4],
  ]);
  const target = targets();
  expectGradientMatchesDifferences((x) => giouLoss(x, target, all), moved, check);
});

test('no overflow: huge logits and differences', () => {
  const huge = tf.tensor1d([-200, -200, 200, 200]);
  const right = tf.tensor1d([0, 1, 0, 1]);
  const one = tf.ones([4]);
  expect(valueOf(sigmoidCrossEntropy(huge, right, one))).toBeCloseTo(400, 3);
  expect(valueOf(focalLoss(huge, right, one, focal))).toBeCloseTo(0.25 * 200 + 0.75 * 200, 3);
  const gradients = [
    tf.grad((z) => sigmoidCrossEntropy(z, right, one))(huge),
    tf.grad((z) => focalLoss(z, right, one, focal))(huge),
    tf.grad((z) => smoothL1(z, right, one, { beta: 1e-3 }))(huge),
  ];
  for (const gradient of gradients) expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
  expect([...gradients[0]!.dataSync()]).toEqual([0, -1, 1, 0]);
});

test('padding with weight 0 gives loss and gradient 0', () => {
  const empty = tf.zeros([2, 4]);
  const nothing = tf.zeros([2]);
  expect(valueOf(giouLoss(empty, empty, nothing))).toBe(0);
  expect(
    [
      ...tf
        .grad((x) => giouLoss(x, empty, nothing))(empty)
        .dataSync(),
    ].every((v) => v === 0),
  ).toBe(true);
});

test('losses leave only their results', () => {
  const [z, y, w, a, b] = [logits(), hard(), weights(), boxes(), targets()];
  expectNewTensors(
    () => [
      sigmoidCrossEntropy(z, y, w),
      focalLoss(z, y, w, focal),
      smoothL1(z, y, w, { beta: 1 }),
      giouLoss(a, b, w),
    ],
    4,
  );
});
