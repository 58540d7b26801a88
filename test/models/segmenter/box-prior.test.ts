import { test } from 'vitest';
import { boxPrior } from '../../../src/models/segmenter/box-prior.js';
import { tf } from '../../../src/tf.js';
import { expectTensorsClose, useNativeCpu } from '../../helpers/tensors.js';

useNativeCpu();

test('is 1 in the box and falls linearly outside, along both axes', () => {
  // Centres of pixels are 0.5, 1.5, ... The box covers 2 to 4 in x: distances 1.5, 0.5, 0, 0, 0.5 px; falloff 2 px.
  const x = [0.25, 0.75, 1, 1, 0.75];
  // And 0 to 2.25 in y: 0, 0, 0.25, 1.25, 2.25 px.
  const y = [1, 1, 0.875, 0.375, 0];
  const expected = y.map((row) => x.map((column) => [row * column]));
  expectTensorsClose(boxPrior(tf.tensor2d([[2, 0, 4, 2.25]]), 5, 2), [expected], { atol: 1e-6 });
});
