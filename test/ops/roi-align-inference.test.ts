import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.js';
import { roiAlignInference } from '../../src/ops/roi-align-inference.js';
import { roiAlign } from '../../src/ops/roi-align.js';
import { tf } from '../../src/tf.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from '../helpers/tensors.js';
import { uniform } from '../helpers/uniform.js';

useNativeCpu();

const features = () => tf.randomUniform<tf.Rank.R4>([2, 5, 6, 3], -1, 1, 'float32', 11);

/** Inside, across a border, a single point, larger than the image, far outside, up to 1 px outside. */
const boxes = [
  [8, 8, 40, 56],
  [-20, -9, 30, 20],
  [24, 24, 24, 24],
  [-100, -100, 300, 300],
  [500, 500, 600, 600],
  [-7, -7, 5, 5],
];
const sampling = { outputSize: 3, spatialScale: 1 / 16, samplingRatio: 2 };

test.each(['compiled', 'eager'] as const)('%s: the numbers of RoI-align', (mode) => {
  const inputs = { x: features(), rois: tf.tensor3d([boxes, boxes.toReversed()]) };
  const step = compile(({ x, rois }: typeof inputs) => ({ y: roiAlignInference(x, rois, sampling) }), {
    inputs,
    state: {},
    mode,
  });
  const expected = roiAlign(inputs.x, inputs.rois, sampling);
  expect(tf.max(tf.abs(expected)).dataSync()[0]).toBeGreaterThan(0.1);
  expectTensorsClose(step.run(inputs).y, expected.arraySync(), { atol: 1e-5 });
  expectNewTensors(() => roiAlignInference(inputs.x, inputs.rois, sampling), 1);
});

test('random boxes and samplings', () => {
  const x = features();
  const at = uniform(-40, 140);
  const side = uniform(0, 120);
  const cases = fc.record({
    boxes: fc.array(
      fc.tuple(at, at, side, side).map(([x, y, w, h]) => [x, y, x + w, y + h]),
      { minLength: 4, maxLength: 4 },
    ),
    outputSize: fc.integer({ min: 1, max: 4 }),
    samplingRatio: fc.integer({ min: 1, max: 3 }),
    // Not 1 / 16, at which samples of the shrunken cases lie exactly where the features end, and rounding decides.
    spatialScale: fc.constantFrom(0.0613, 0.117),
  });
  fc.assert(
    fc.property(cases, ({ boxes, ...sampling }) => {
      tf.tidy(() => {
        const rois = tf.tensor3d([boxes.slice(0, 2), boxes.slice(2)]);
        const expected = roiAlign(x, rois, sampling);
        expectTensorsClose(roiAlignInference(x, rois, sampling), expected.arraySync(), { atol: 1e-5 });
      });
    }),
    { numRuns: 200, seed: 1 },
  );
});
