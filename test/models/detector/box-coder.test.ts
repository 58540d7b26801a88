import { expect, test } from 'vitest';
import { clipBoxes, decodeBoxes, encodeBoxes } from '../../../src/models/detector/box-coder.js';
import { randomFor } from '../../../src/random.js';
import { tf } from '../../../src/tf.js';
import { expectGradientMatchesDifferences } from '../../helpers/gradients.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from '../../helpers/tensors.js';
import { randomBoxes } from './oracles.js';

useNativeCpu();

const plain = [1, 1, 1, 1] as const;

test('deltas, hand-computed', () => {
  const anchors = tf.tensor2d([[10, 20, 14, 28]]); // centre (12, 24), 4 x 8
  const boxes = tf.tensor2d([[11, 20, 19, 24]]); // centre (15, 22), 8 x 4
  const deltas = [[3 / 4, -2 / 8, Math.log(2), Math.log(0.5)]];
  expectTensorsClose(encodeBoxes(boxes, anchors, plain), deltas, { atol: 1e-6 });
  expectTensorsClose(
    encodeBoxes(boxes, anchors, [10, 10, 5, 4]),
    [[7.5, -2.5, 5 * Math.log(2), 4 * Math.log(0.5)]],
    { atol: 1e-5 },
  );
  expectTensorsClose(decodeBoxes(tf.tensor2d(deltas), anchors, plain), [[11, 20, 19, 24]], { atol: 1e-5 });
});

test('decoding inverts encoding, also where the anchors are the same for all images', () => {
  const random = randomFor(3, 'coder');
  const boxes = tf.tensor3d([randomBoxes(random, 20, 64), randomBoxes(random, 20, 64)]);
  const anchors = tf.tensor3d([randomBoxes(random, 20, 64)]);
  const weights = [10, 10, 5, 5] as const;
  const decoded = decodeBoxes(encodeBoxes(boxes, anchors, weights), anchors, weights);
  expectTensorsClose(decoded, boxes.arraySync(), { atol: 1e-4 });
});

test('no side grows more than 62.5 times', () => {
  const decoded = decodeBoxes(tf.tensor2d([[0, 0, 500, 3]]), tf.tensor2d([[-8, -8, 8, 8]]), plain);
  expectTensorsClose(decoded, [[-500, -8 * Math.exp(3), 500, 8 * Math.exp(3)]], { atol: 1e-3 });
});

test('padding gives finite deltas', () => {
  const [padding, box] = [tf.tensor2d([[0, 0, 0, 0]]), tf.tensor2d([[3, 4, 9, 8]])];
  const pairs = [
    encodeBoxes(padding, box, plain),
    encodeBoxes(box, padding, plain),
    encodeBoxes(padding, padding, plain),
  ];
  for (const deltas of pairs) expect([...deltas.dataSync()].every(Number.isFinite)).toBe(true);
});

test('the gradient of decoding matches differences', () => {
  const anchors = tf.tensor2d([
    [0, 0, 8, 4],
    [3, 2, 9, 12],
  ]);
  const deltas = tf.tensor2d([
    [0.3, -0.2, 0.5, -0.7],
    [-1.1, 0.4, 0.1, 0.2],
  ]);
  const decode = (x: tf.Tensor) => decodeBoxes(x, anchors, [2, 2, 1, 1]);
  expectGradientMatchesDifferences(decode, deltas, { step: 1e-2, atol: 5e-3 });
  expectNewTensors(() => decode(deltas), 1);
});

test('clipping distinguishes height and width', () => {
  const boxes = tf.tensor2d([
    [-1, -2, 30, 30],
    [12, 3, 18, 7],
    [40, 1, 50, 2],
  ]);
  expectTensorsClose(
    clipBoxes(boxes, [10, 20]),
    [
      [0, 0, 20, 10],
      [12, 3, 18, 7],
      [20, 1, 20, 2],
    ],
    { atol: 0 },
  );
});
