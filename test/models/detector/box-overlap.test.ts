import { expect, test } from 'vitest';
import { anchorBoxes } from '../../../src/models/detector/anchors.js';
import { anchorDice, iouOfDice, pairwiseDice } from '../../../src/models/detector/box-overlap.js';
import { randomFor } from '../../../src/random.js';
import { tf } from '../../../src/tf.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from '../../helpers/tensors.js';
import { type Box, dice, iou, randomBoxes } from './oracles.js';

useNativeCpu();

const grid = {
  size: [32, 24] as const,
  levels: [
    { stride: 4, sizes: [6], aspectRatios: [0.5, 1, 2] },
    { stride: 16, sizes: [12, 20], aspectRatios: [1] },
  ],
};

test('Dice coefficients and IoUs, hand-computed', () => {
  const boxes = tf.tensor3d([
    [
      [0, 0, 4, 2],
      [5, 5, 5, 9], // empty
    ],
  ]);
  const others = tf.tensor3d([
    [
      [0, 0, 4, 2], // the same
      [2, 1, 6, 3], // shares 2 x 1; both have 8
      [4, 0, 8, 2], // touches
      [0, 0, 0, 0], // padding
    ],
  ]);
  const result = pairwiseDice(boxes, others);
  expectTensorsClose(
    result,
    [
      [
        [1, 4 / 16, 0, 0],
        [0, 0, 0, 0],
      ],
    ],
    { atol: 1e-7 },
  );
  expectTensorsClose(
    iouOfDice(result),
    [
      [
        [1, 2 / 14, 0, 0],
        [0, 0, 0, 0],
      ],
    ],
    { atol: 1e-7 },
  );
});

test('random boxes: equal to loops', () => {
  const random = randomFor(1, 'overlap');
  const [boxes, others] = [randomBoxes(random, 40, 32), randomBoxes(random, 30, 32)];
  const result = pairwiseDice(tf.tensor3d([boxes]), tf.tensor3d([others]));
  expectTensorsClose(result, [boxes.map((box) => others.map((other) => dice(box, other)))], { atol: 1e-5 });
  expectTensorsClose(iouOfDice(result), [boxes.map((box) => others.map((other) => iou(box, other)))], {
    atol: 1e-5,
  });
});

test('the overlap of the anchors of a grid is that of their boxes, for each image', () => {
  const random = randomFor(2, 'overlap');
  const others: Box[] = [...randomBoxes(random, 5, 32), [0, 0, 0, 0], ...randomBoxes(random, 6, 32)];
  const batch = tf.tensor3d([others.slice(0, 6), others.slice(6)]);
  const anchors = anchorBoxes(grid);
  const expected = pairwiseDice(tf.stack([anchors, anchors]) as tf.Tensor3D, batch).arraySync();
  const tables = anchorDice(grid, batch);
  expect(tables.map((levels) => levels.map(({ shape }) => shape))).toEqual([
    [
      [8 * 6 * 3, 6],
      [2 * 2 * 2, 6],
    ],
    [
      [8 * 6 * 3, 6],
      [2 * 2 * 2, 6],
    ],
  ]);
  for (const [image, levels] of tables.entries()) {
    expectTensorsClose(tf.concat(levels), expected[image]!, { atol: 1e-6 });
  }
  expectNewTensors(() => anchorDice(grid, batch), 4);
});
