import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pairwiseDice } from '../../../src/models/detector/box-overlap.js';
import { areIgnored } from '../../../src/models/detector/ignored.js';
import { matchBoxes, type MatchOptions } from '../../../src/models/detector/matcher.js';
import { tf } from '../../../src/tf.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from '../../helpers/tensors.js';
import { type Box, dice, iou } from './oracles.js';

useNativeCpu();

/** Labels and, where they are 1, the matched gtBoxes of one image, by loops. */
function matchOracle(
  boxes: readonly Box[],
  gtBoxes: readonly Box[],
  ignored: readonly number[],
  { positiveIou: high, negativeIou: low, forceBest }: MatchOptions,
): { label: number; matched?: number }[] {
  const greatest = gtBoxes.map((gt) => Math.max(...boxes.map((box) => dice(box, gt))));
  return boxes.map((box, index) => {
    const overlaps = gtBoxes.map((gt) => dice(box, gt));
    const forced = overlaps.map(
      (overlap, k) => forceBest && overlap > 0 && Math.fround(overlap) === Math.fround(greatest[k]!),
    );
    // Those that force come first; float32 as in the matcher, where nearly equal overlaps become equal.
    const ranks = overlaps.map((overlap, k) => Math.fround(overlap + (forced[k]! ? 1 : 0)));
    const best = ranks.indexOf(Math.max(...ranks));
    const most = best < 0 ? 0 : iou(box, gtBoxes[best]!);
    if (best >= 0 && (forced[best]! || most >= high)) return { label: 1, matched: best };
    return { label: most < low && ignored[index] === 0 ? 0 : -1 };
  });
}

function match(boxes: Box[], gtBoxes: Box[], ignored: number[], options: MatchOptions) {
  return tf.tidy(() => {
    const [table] = tf.unstack(pairwiseDice(tf.tensor3d([boxes]), tf.tensor3d([gtBoxes])));
    const parts = tf.split<tf.Tensor2D>(table!, [1, boxes.length - 1]);
    const { matched, labels, iou } = matchBoxes([parts], tf.tensor2d([ignored]), options);
    return { matched: [...matched.dataSync()], labels: [...labels.dataSync()], iou: [...iou.dataSync()] };
  });
}

const usual = { positiveIou: 0.7, negativeIou: 0.3, forceBest: true };

const boxes: Box[] = [
  [0, 0, 10, 10], // equal to the first gtBox
  [0, 0, 10, 8], // IoU 0.8 with it
  [0, 0, 10, 5], // 0.5
  [0, 0, 10, 2], // 0.2
  [50, 50, 60, 60], // shares 6 x 10 of 160 - 60 with the second: 0.6, its best
  [58, 50, 68, 60], // as much with the second from the other side
  [80, 80, 90, 90], // nothing
];
const gtBoxes: Box[] = [
  [0, 0, 10, 10],
  [54, 50, 64, 60],
  [200, 200, 210, 210], // far from all
];
const none = boxes.map(() => 0);

test('labels, hand-computed', () => {
  const { matched, labels, iou } = match(boxes, gtBoxes, none, usual);
  expect(labels).toEqual([1, 1, -1, 0, 1, 1, 0]);
  expect(matched.filter((_, index) => labels[index] === 1)).toEqual([0, 0, 1, 1]);
  [1, 0.8, 0.5, 0.2].forEach((expected, index) => expect(iou[index]).toBeCloseTo(expected, 6));
  expect(iou[4], 'forced').toBe(1);
  // IoU 0.43 (60 / 140) is neither without force.
  expect(match(boxes, gtBoxes, none, { ...usual, forceBest: false }).labels).toEqual([
    1, 1, -1, 0, -1, -1, 0,
  ]);
});

test('at the positive bound a box is positive, at the negative bound it is neither', () => {
  // Boxes of 10 x 10 that are d px to the right of the gtBox: IoU (10 - d) / (10 + d).
  const shifted = [2.5, 2.6, 5, 5.1].map((d): Box => [d, 0, 10 + d, 10]);
  // 0.6, 0.587, 1/3 and 0.325
  const bounds = { positiveIou: 0.6, negativeIou: 1 / 3, forceBest: false };
  expect(match(shifted, [[0, 0, 10, 10]], [0, 0, 0, 0], bounds).labels).toEqual([1, -1, -1, 0]);
});

test('boxes within a ten-thousandth of the greatest overlap are forced with the best one', () => {
  // h px high in a gtBox of 1000 x 1000: Dice coefficient 2 h / (1000 + h), and IoU 0.4, which is neither.
  const high = [400, 399.95, 399.9].map((h): Box => [0, 0, 1000, h]);
  // 0.571429, then 0.99991 and 0.99982 of it.
  expect(match(high, [[0, 0, 1000, 1000]], [0, 0, 0], usual).labels).toEqual([1, 1, -1]);
});

test('an ignored box is neither, unless it is positive', () => {
  const ignored = [1, 0, 1, 1, 1, 0, 1];
  expect(match(boxes, gtBoxes, ignored, usual).labels).toEqual([1, 1, -1, -1, 1, 1, -1]);
});

test('the best box of a gtBox is matched to it, even if it overlaps another gtBox more', () => {
  const one: Box = [0, 0, 10, 10];
  const crowded: Box[] = [
    [0, 0, 10, 10],
    [0, 0, 10, 4],
  ];
  // The first box is the best of the first gtBox; the second one is the best of the second.
  const near: Box = [0, 0, 10, 9];
  expect(match([one, near], crowded, [0, 0], usual).matched).toEqual([0, 1]);
  expect(match([one, near], crowded, [0, 0], { ...usual, forceBest: false }).matched).toEqual([0, 0]);
});

test('without a gtBox all are negative or ignored', () => {
  const padding: Box[] = [[0, 0, 0, 0]];
  expect(match(boxes, padding, [0, 1, 0, 0, 0, 0, 1], usual).labels).toEqual([0, -1, 0, 0, 0, 0, -1]);
});

test('random boxes: equal to loops', () => {
  // Small integers, so that there are many ties, exact in float32 too.
  const side = fc.integer({ min: 1, max: 6 });
  const at = fc.integer({ min: 0, max: 8 });
  const box = fc.tuple(at, at, side, side).map(([x, y, w, h]): Box => [x, y, x + w, y + h]);
  const cases = fc.record({
    boxes: fc.array(box, { minLength: 2, maxLength: 12 }),
    gtBoxes: fc.array(box, { minLength: 1, maxLength: 6 }),
    isIgnored: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 12, maxLength: 12 }),
    // No quotient of small integers lies at a threshold.
    positiveIou: fc.constantFrom(0.5123, 0.7123),
    negativeIou: fc.constantFrom(0.3123, 0.5123),
    forceBest: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, ({ boxes, gtBoxes, isIgnored, ...options }) => {
      const ignored = isIgnored.slice(0, boxes.length);
      const { labels, matched } = match(boxes, gtBoxes, ignored, options);
      const found = labels.map((label, index) =>
        label === 1 ? { label, matched: matched[index] } : { label },
      );
      expect(found).toEqual(matchOracle(boxes, gtBoxes, ignored, options));
    }),
    { numRuns: 200, seed: 1 },
  );
});

test('matching leaves only its results', () => {
  const table = tf.randomUniform<tf.Rank.R2>([4, 3], 0, 1, 'float32', 1);
  const ignored = tf.zeros<tf.Rank.R2>([2, 4]);
  expectNewTensors(() => ({ ...matchBoxes([[table], [table]], ignored, usual) }), 3);
});

test('the pixel at the centre of a box, or the nearest one, is ignored or not', () => {
  // 2 images of 2 x 3 px.
  const ignore = tf.tensor3d([
    [
      [1, 0, 0],
      [0, 0, 1],
    ],
    [
      [0, 1, 0],
      [0, 0, 0],
    ],
  ]);
  const boxes = tf.tensor3d([
    [
      [0, 0, 1, 1], // centre (0.5, 0.5): pixel (0, 0)
      [1, 0, 2, 1.8], // (1.5, 0.9): pixel (1, 0)
      [1, 1, 3, 1], // (2, 1): pixel (2, 1), on its corner
      [-9, -9, 2, 3], // (-3.5, -3): pixel (0, 0)
      [3, 2, 90, 80], // far right and below: pixel (2, 1)
    ],
  ]);
  expectTensorsClose(
    areIgnored(boxes, ignore),
    [
      [1, 0, 1, 1, 1],
      [0, 1, 0, 0, 0],
    ],
    { atol: 0 },
  );
});
