import { expect, test } from 'vitest';
import { segmenterLosses, segmenterLossNames } from '../../../src/models/segmenter/losses.js';
import type { SegmenterTargets } from '../../../src/models/segmenter/targets.js';
import { tf } from '../../../src/tf.js';
import { expectGradientMatchesDifferences } from '../../helpers/gradients.js';
import { expectNewTensors, useNativeCpu } from '../../helpers/tensors.js';

useNativeCpu();

const factors = { crossEntropy: 0.6, bodyDice: 0.2, borderDice: 0.2 };

/** Two crops of 2 x 2 px: the class of each pixel, and its weight. */
const classOf = [0, 1, 1, 2, 0, 0, 1, 2];
const weightOf = [1, 1, 3, 3, 1, 0, 2, 0];
const targets = (): SegmenterTargets => ({
  classes: tf.oneHot(tf.tensor1d(classOf, 'int32'), 3).toFloat().reshape<tf.Tensor4D>([2, 2, 2, 3]),
  weights: tf.tensor4d(weightOf, [2, 2, 2, 1]),
});
const logitsOf = (seed: number) => tf.randomUniform<tf.Rank.R4>([2, 2, 2, 3], -2, 2, 'float32', seed);

const numbers = (parts: Record<string, tf.Tensor>) =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.dataSync()[0]!]));

test('the parts equal their formulas, the loss is their weighted sum', () => {
  const logits = logitsOf(2);
  const p = tf.softmax(logits).reshape([8, 3]).arraySync() as number[][];
  const parts = numbers(segmenterLosses(logits, targets(), factors));
  const counted = [0, 1, 2, 3, 4, 6]; // pixels 5 and 7 weigh nothing
  const sum = (pixels: number[], value: (i: number) => number) =>
    pixels.reduce((total, i) => total + value(i), 0);
  const crossEntropy =
    sum(counted, (i) => -weightOf[i]! * Math.log(p[i]![classOf[i]!]!)) / (1 + 1 + 3 + 3 + 1 + 2);
  const dice = (pixels: number[], k: number) => {
    const both = sum(pixels, (i) => (classOf[i] === k ? p[i]![k]! : 0));
    const either = sum(pixels, (i) => p[i]![k]! + (classOf[i] === k ? 1 : 0));
    return 1 - (2 * both + 1) / (either + 1);
  };
  const bodyDice = (dice([0, 1, 2, 3], 1) + dice([4, 6], 1)) / 2;
  const borderDice = dice(counted, 2);
  expect(parts['crossEntropy']).toBeCloseTo(crossEntropy, 5);
  expect(parts['bodyDice']).toBeCloseTo(bodyDice, 5);
  expect(parts['borderDice']).toBeCloseTo(borderDice, 5);
  expect(parts['loss']).toBeCloseTo(0.6 * crossEntropy + 0.2 * bodyDice + 0.2 * borderDice, 5);
});

test.each([...segmenterLossNames, 'loss'])('the gradient of %s matches differences', (name) => {
  const given = targets();
  const part = (logits: tf.Tensor) => segmenterLosses(logits as tf.Tensor4D, given, factors)[name]!;
  expectGradientMatchesDifferences(part, logitsOf(3), { step: 1e-2, atol: 2e-4 });
});

test('pixels of weight 0 change neither loss nor gradient', () => {
  const given = targets();
  const logits = logitsOf(4).arraySync();
  const other = logitsOf(5).arraySync();
  const changed = logits.map((crop, n) =>
    crop.map((row, v) =>
      row.map((values, u) => (weightOf[4 * n + 2 * v + u] === 0 ? other[n]![v]![u]! : values)),
    ),
  );
  const loss = (x: tf.Tensor) => segmenterLosses(x as tf.Tensor4D, given, factors).loss;
  expect(changed).not.toEqual(logits);
  expect(loss(tf.tensor4d(changed)).dataSync()[0]).toBe(loss(tf.tensor4d(logits)).dataSync()[0]);
  const gradient = tf.grad(loss)(tf.tensor4d(logits)).abs().max(3).reshape([8]).arraySync() as number[];
  expect(gradient.map((value) => value > 0)).toEqual(weightOf.map((weight) => weight > 0));
});

test('without reviewed pixels the loss is 0, and no tensor is left', () => {
  const given = { ...targets(), weights: tf.zeros<tf.Rank.R4>([2, 2, 2, 1]) };
  const logits = logitsOf(6);
  expect(numbers(segmenterLosses(logits, given, factors))).toEqual({
    loss: 0,
    crossEntropy: 0,
    bodyDice: 0,
    borderDice: 0,
  });
  expectNewTensors(() => segmenterLosses(logits, given, factors), 4);
});
