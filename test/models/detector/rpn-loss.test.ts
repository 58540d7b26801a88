import { expect, test } from 'vitest';
import { compile } from '../../../src/engine/compile.js';
import { makeAnchors } from '../../../src/models/detector/anchors.js';
import type { GroundTruth } from '../../../src/models/detector/ground-truth.js';
import { rpnLosses, type RpnLossOptions } from '../../../src/models/detector/rpn-loss.js';
import { lossGradients } from '../../../src/ops/gradients.js';
import { randomFor } from '../../../src/random.js';
import { tf } from '../../../src/tf.js';
import { expectGradientMatchesDifferences } from '../../helpers/gradients.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from '../../helpers/tensors.js';
import { type Box, boxesOf, iou, randomBoxes } from './oracles.js';

useNativeCpu();

const size = 32;
const grid = {
  size: [size, size] as const,
  levels: [
    { stride: 8, sizes: [8], aspectRatios: [0.5, 1, 2] },
    { stride: 16, sizes: [16], aspectRatios: [1] },
  ],
};
const anchors = boxesOf(makeAnchors(grid));
const match = { positiveIou: 0.5, negativeIou: 0.3, forceBest: true };
const dense: RpnLossOptions = {
  match,
  choice: { kind: 'dense', alpha: 0.25, gamma: 2 },
  boxLoss: { kind: 'smooth-l1', beta: 0.2 },
  boxWeights: [2, 2, 1, 1],
};
const sampled: RpnLossOptions = {
  ...dense,
  choice: { kind: 'sampled', batchSizePerImage: 12, positiveFraction: 0.25 },
};
const giou: RpnLossOptions = { ...dense, boxLoss: { kind: 'giou' } };

/** Two images, the second with half of the boxes and the left quarter ignored. Padding holds boxes that must not count. */
function makeCase(seed: number) {
  const random = randomFor(seed, 'rpn');
  const gtBoxes = [randomBoxes(random, 6, size), randomBoxes(random, 6, size)];
  const gtValid = [
    [1, 1, 1, 1, 1, 1],
    [1, 1, 1, 0, 0, 0],
  ];
  const isIgnored = (image: number, x: number) => (image === 1 && x < size / 4 ? 1 : 0);
  const uniform = (count: number, scale: number) =>
    Array.from({ length: count }, () => (random.uniform() - 0.5) * 2 * scale);
  const logits = gtBoxes.map(() => uniform(anchors.length, 3));
  const deltas = gtBoxes.map(() => anchors.map(() => uniform(4, 0.5)));
  const keys = gtBoxes.map(() => anchors.map(() => Math.fround(random.uniform())));
  return { gtBoxes, gtValid, isIgnored, logits, deltas, keys };
}

type Case = ReturnType<typeof makeCase>;

const truthOf = ({ gtBoxes, gtValid, isIgnored }: Case): GroundTruth => ({
  gtBoxes: tf.tensor3d(gtBoxes),
  gtValid: tf.tensor2d(gtValid),
  ignore: tf.tensor3d(
    gtBoxes.map((_, image) =>
      Array.from({ length: size }, () => Array.from({ length: size }, (_, x) => isIgnored(image, x))),
    ),
  ),
});

function tensorsOf(one: Case) {
  const { gtBoxes, gtValid, ignore } = truthOf(one);
  const random = tf.tensor2d(one.keys);
  return {
    gtBoxes,
    gtValid,
    ignore,
    random,
    objectnessLogits: tf.tensor2d(one.logits),
    deltas: tf.tensor3d(one.deltas),
  };
}

type Inputs = ReturnType<typeof tensorsOf>;

const lossesOf = ({ gtBoxes, gtValid, ignore, random, ...predictions }: Inputs, options: RpnLossOptions) =>
  rpnLosses(predictions, { gtBoxes, gtValid, ignore }, grid, random, options);

/** By Dice coefficients, up to the fraction that the matcher states. */
const asGreat = (iou: number, greatest: number) =>
  (2 * iou) / (1 + iou) >= ((2 * greatest) / (1 + greatest)) * (1 - 1e-4);

/** For each anchor of one image: its label and its gtBox. */
function targetsOracle({ gtBoxes, gtValid, isIgnored }: Case, image: number) {
  const real = gtBoxes[image]!.filter((_, k) => gtValid[image]![k] === 1);
  const ious = anchors.map((anchor) => real.map((gt) => iou(anchor, gt)));
  const greatest = real.map((_, k) => Math.max(...ious.map((row) => row[k]!)));
  return anchors.map(([x1, , x2], a) => {
    const ranks = ious[a]!.map((value, k) => (value > 0 && asGreat(value, greatest[k]!) ? value + 1 : value));
    const best = ranks.indexOf(Math.max(...ranks));
    const isPositive = ranks[best]! >= match.positiveIou;
    const column = Math.min(size - 1, Math.max(0, Math.floor((x1 + x2) / 2)));
    const isNegative = ranks[best]! < match.negativeIou && isIgnored(image, column) === 0;
    return { label: isPositive ? 1 : isNegative ? 0 : -1, gt: real[best]! };
  });
}

function deltasOracle([x1, y1, x2, y2]: Box, [a1, b1, a2, b2]: Box): number[] {
  const [width, height] = [a2 - a1, b2 - b1];
  const shift = [(x1 + x2 - a1 - a2) / 2 / width, (y1 + y2 - b1 - b2) / 2 / height];
  return [...shift.map((d) => 2 * d), Math.log((x2 - x1) / width), Math.log((y2 - y1) / height)];
}

const smoothL1 = (difference: number, beta: number) =>
  Math.abs(difference) < beta ? difference ** 2 / (2 * beta) : Math.abs(difference) - beta / 2;

function lossesOracle(one: Case, { choice }: RpnLossOptions) {
  const sums = { objectness: 0, boxes: 0, positives: 0, counted: 0 };
  for (const image of one.gtBoxes.keys()) {
    const targets = targetsOracle(one, image);
    const ranked = (label: number) =>
      [...targets.keys()]
        .filter((a) => targets[a]!.label === label)
        .sort((a, b) => one.keys[image]![b]! - one.keys[image]![a]!);
    const positives = ranked(1).slice(0, choice.kind === 'dense' ? Infinity : 3);
    const negatives = ranked(0).slice(0, choice.kind === 'dense' ? Infinity : 12 - positives.length);
    sums.positives += ranked(1).length;
    sums.counted += positives.length + negatives.length;
    for (const a of [...positives, ...negatives]) {
      const { label, gt } = targets[a]!;
      const logit = one.logits[image]![a]!;
      const right = 1 / (1 + Math.exp(label === 1 ? -logit : logit));
      const weight = choice.kind === 'dense' ? (label === 1 ? 0.25 : 0.75) * (1 - right) ** 2 : 1;
      sums.objectness -= weight * Math.log(right);
      if (label !== 1) continue;
      const wanted = deltasOracle(gt, anchors[a]!);
      const predicted = one.deltas[image]![a]!;
      sums.boxes += wanted.reduce((sum, value, side) => sum + smoothL1(predicted[side]! - value, 0.2), 0);
    }
  }
  const count = choice.kind === 'dense' ? sums.positives : sums.counted;
  return {
    objectness: sums.objectness / count,
    boxes: sums.boxes / count,
    positives: sums.positives,
  };
}

test.each([
  ['dense', dense],
  ['sampled', sampled],
] as const)('%s: random images: equal to loops', (_, options) => {
  for (let seed = 1; seed <= 20; seed++) {
    const one = makeCase(seed);
    const { objectness, boxes } = lossesOf(tensorsOf(one), options);
    const expected = lossesOracle(one, options);
    expect(expected.positives).toBeGreaterThan(4);
    expectTensorsClose(objectness, expected.objectness, { atol: 1e-5, rtol: 1e-5 });
    expectTensorsClose(boxes, expected.boxes, { atol: 1e-4, rtol: 1e-5 });
  }
});

test.each([
  ['dense', dense],
  ['sampled', sampled],
  ['GIoU', giou],
] as const)('%s: a compiled step computes what an eager one does, gradients too', (_, options) => {
  const { objectnessLogits, deltas, ...inputs } = tensorsOf(makeCase(3));
  const weights = { logits: tf.variable(objectnessLogits), deltas: tf.variable(deltas) };
  const train = (inputs: Omit<Inputs, 'objectnessLogits' | 'deltas'>) => {
    const { parts, gradients } = lossGradients(weights, () => {
      const predictions = {
        objectnessLogits: weights.logits as tf.Tensor as tf.Tensor2D,
        deltas: weights.deltas as tf.Tensor as tf.Tensor3D,
      };
      const { objectness, boxes } = lossesOf({ ...inputs, ...predictions }, options);
      return { loss: tf.add<tf.Scalar>(objectness, boxes) };
    });
    return { ...parts, ...gradients };
  };
  const [eager, compiled] = (['eager', 'compiled'] as const).map((mode) =>
    compile(train, { inputs, state: weights, mode }),
  );
  for (const seed of [3, 4, 5]) {
    const { gtBoxes, gtValid, ignore, random } = tensorsOf(makeCase(seed));
    const others = { gtBoxes, gtValid, ignore, random };
    const expected = eager!.run(others);
    const actual = compiled!.run(others);
    for (const [name, value] of Object.entries(expected)) {
      expectTensorsClose((actual as Record<string, tf.Tensor>)[name]!, value.arraySync(), {
        atol: 1e-6,
        rtol: 1e-5,
      });
    }
  }
});

test.each([
  ['dense', dense],
  ['sampled', sampled],
  ['GIoU', giou],
] as const)('%s: the gradients along some directions match differences', (_, options) => {
  const { objectnessLogits, deltas, ...inputs } = tensorsOf(makeCase(7));
  // A shift of each image's logits, and one of each kind of delta; every element has been checked loss by loss.
  const shifted = (logits: tf.Tensor, delta: tf.Tensor) => {
    const predictions = {
      objectnessLogits: tf.add<tf.Tensor2D>(objectnessLogits, logits),
      deltas: tf.add<tf.Tensor3D>(deltas, delta),
    };
    return lossesOf({ ...inputs, ...predictions }, options);
  };
  const check = { step: 1e-2, atol: 2e-3 };
  const zero = tf.scalar(0);
  expectGradientMatchesDifferences((x) => shifted(x, zero).objectness, tf.zeros([2, 1]), check);
  expectGradientMatchesDifferences((x) => shifted(zero, x).boxes, tf.zeros([2, 1, 4]), check);
});

test('no gtBox: all anchors are negative, the box loss is 0, and so is its gradient', () => {
  const inputs = tensorsOf(makeCase(1));
  const none = { ...inputs, gtValid: tf.zerosLike(inputs.gtValid), ignore: tf.zerosLike(inputs.ignore) };
  for (const options of [dense, sampled, giou]) {
    const { objectness, boxes } = lossesOf(none, options);
    expect(boxes.dataSync()[0]).toBe(0);
    expect(objectness.dataSync()[0]).toBeGreaterThan(0);
    const gradient = tf.grad((x) => lossesOf({ ...none, deltas: x as tf.Tensor3D }, options).boxes)(
      inputs.deltas,
    );
    expect([...gradient.dataSync()].every((value) => value === 0)).toBe(true);
  }
});

test('all ignored and no gtBox: every loss is 0', () => {
  const inputs = tensorsOf(makeCase(1));
  const none = { ...inputs, gtValid: tf.zerosLike(inputs.gtValid), ignore: tf.onesLike(inputs.ignore) };
  for (const options of [dense, sampled, giou]) {
    const losses = lossesOf(none, options);
    for (const loss of Object.values(losses)) expect((loss as tf.Scalar).dataSync()[0]).toBe(0);
  }
});

test('the losses leave only their results', () => {
  const inputs = tensorsOf(makeCase(1));
  for (const options of [dense, sampled, giou]) expectNewTensors(() => ({ ...lossesOf(inputs, options) }), 2);
});
