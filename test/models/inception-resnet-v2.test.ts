import { expect, test } from 'vitest';
import {
  type BackboneOptions,
  buildInceptionResNetV2,
  inceptionResNetV2Taps,
} from '../../src/models/inception-resnet-v2.js';
import { weightsOf } from '../../src/models/weights.js';
import { tf } from '../../src/tf.js';
import { useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const small: BackboneOptions = {
  seed: 1,
  width: 0.1,
  blocks: { block35: 1, block17: 2, block8: 2 },
  padding: 'same',
  end: 'block8',
};

const tapsOf = (side: number, options: BackboneOptions) =>
  inceptionResNetV2Taps(tf.input({ shape: [side, side, 3] }), options).map(({ stride, features }) => [
    stride,
    ...features.shape.slice(1),
  ]);

test('with padding same every stage has the size that its stride says', () => {
  // Channels at width 0.1, in steps of 8 and at least 8: the stem's 192 are 16 (19.2); Mixed 5b's 96 + 64 + 96 + 64
  // are 8 + 8 + 8 + 8; 6a's 384 + 384 are 40 + 40 (38.4); 7a's 384, 288, 320 are 40, 32 (28.8), 32.
  expect(tapsOf(96, small)).toEqual([
    [4, 24, 24, 16],
    [8, 12, 12, 32],
    [16, 6, 6, 40 + 40 + 32],
    [32, 3, 3, 40 + 32 + 32 + 112],
  ]);
  expect(tapsOf(96, { ...small, end: 'conv_7b' }).at(-1)).toEqual([32, 3, 3, 152]); // 153.6
});

test('with padding valid a stage is smaller; the network ends at the named stage', () => {
  const valid = { ...small, padding: 'valid' } as const;
  // 95 -> 47 -> 45 -> 45 -> 22 (pool) -> 20 -> 9 (pool) -> 4 (6a)
  expect(tapsOf(95, { ...valid, end: 'block17' })).toEqual([
    [4, 20, 20, 16],
    [8, 9, 9, 32],
    [16, 4, 4, 112],
  ]);
  expect(tapsOf(95, { ...valid, end: 'block35' })).toHaveLength(2);
});

test('the numbers of blocks are those of the options; the last block8 has scale 1 and no relu', () => {
  const model = buildInceptionResNetV2({ size: [75, 75], ...small });
  const { all } = weightsOf(model);
  const residuals = Object.keys(all).filter((name) => /^block\d+_\d+_conv\/kernel$/.test(name));
  expect(residuals).toEqual(
    ['block35_1', 'block17_1', 'block17_2', 'block8_1', 'block8_2'].map((block) => `${block}_conv/kernel`),
  );
  const last = (model.predict(tf.randomUniform([1, 75, 75, 3], -1, 1, 'float32', 3)) as tf.Tensor).min();
  expect(last.dataSync()[0]).toBeLessThan(0);
  const before = tf.model({ inputs: model.inputs, outputs: model.getLayer('block8_1_conv').output });
  const positive = before.predict(tf.randomUniform([1, 75, 75, 3], -1, 1, 'float32', 3)) as tf.Tensor;
  expect(positive.min().dataSync()[0]).toBe(0);
});
