import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampleBalanced, type SampleOptions } from '../../../src/models/detector/sampler.js';
import { randomFor } from '../../../src/random.js';
import { tf } from '../../../src/tf.js';
import { expectNewTensors, useNativeCpu } from '../../helpers/tensors.js';
import { uniform } from '../../helpers/uniform.js';

useNativeCpu();

function sample(labels: number[][], random: number[][], options: SampleOptions) {
  return tf.tidy(() => {
    const { indices, valid, isPositive } = sampleBalanced(tf.tensor2d(labels), tf.tensor2d(random), options);
    return {
      indices: indices.arraySync(),
      valid: valid.arraySync(),
      isPositive: isPositive.arraySync(),
    };
  });
}

/** Indices with that label by falling key. */
const ranked = (labels: number[], keys: number[], label: number) =>
  [...labels.keys()].filter((index) => labels[index] === label).sort((a, b) => keys[b]! - keys[a]!);

test('hand-computed: one positive of three, the rest negatives, by falling key', () => {
  const labels = [[1, 0, -1, 1, 0, 1, 0, 0]];
  const keys = [[0.1, 0.9, 0.99, 0.8, 0, 0.3, 0.4, 0.2]];
  expect(sample(labels, keys, { batchSizePerImage: 4, positiveFraction: 0.25 })).toEqual({
    indices: [[3, 1, 6, 7]],
    valid: [[1, 1, 1, 1]],
    isPositive: [[1, 0, 0, 0]],
  });
});

test('too few of both: what there is, then nothing', () => {
  const labels = [
    [1, -1, 0, -1],
    [-1, -1, -1, -1],
  ];
  const keys = [
    [0, 0.5, 0, 0.5],
    [0.5, 0.5, 0.5, 0.5],
  ];
  expect(sample(labels, keys, { batchSizePerImage: 3, positiveFraction: 0.5 })).toEqual({
    indices: [
      [0, 2, 0],
      [0, 0, 0],
    ],
    valid: [
      [1, 1, 0],
      [0, 0, 0],
    ],
    isPositive: [
      [1, 0, 0],
      [0, 0, 0],
    ],
  });
});

test('more are wanted than there are boxes', () => {
  const { indices, valid } = sample([[0, 1]], [[0.5, 0.5]], { batchSizePerImage: 7, positiveFraction: 0.5 });
  expect(indices).toEqual([[1, 0, 0, 0, 0, 0, 0]]);
  expect(valid).toEqual([[1, 1, 0, 0, 0, 0, 0]]);
});

test('no positives are wanted', () => {
  const { indices, isPositive } = sample([[0, 1]], [[0.5, 0.5]], {
    batchSizePerImage: 2,
    positiveFraction: 0,
  });
  expect(indices).toEqual([[0, 0]]);
  expect(isPositive).toEqual([[0, 0]]);
});

test('random labels: equal to loops', () => {
  const cases = fc.record({
    labels: fc.array(fc.constantFrom(-1, 0, 1), { minLength: 1, maxLength: 30 }),
    count: fc.integer({ min: 1, max: 20 }),
    positiveFraction: uniform(0, 1),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({ labels, count, positiveFraction, seed }) => {
      const random = randomFor(seed, 'keys');
      // As float32, so that the order is the same here and there.
      const keys = labels.map(() => Math.floor(random.uniform() * 2 ** 23) / 2 ** 23);
      const positives = ranked(labels, keys, 1).slice(0, Math.floor(count * positiveFraction));
      const negatives = ranked(labels, keys, 0).slice(0, count - positives.length);
      const missing = Array.from({ length: count - positives.length - negatives.length }, () => 0);
      const result = sample([labels], [keys], { batchSizePerImage: count, positiveFraction });
      expect(result.indices[0]).toEqual([...positives, ...negatives, ...missing]);
      expect(result.valid[0]).toEqual([...positives, ...negatives].map(() => 1).concat(missing));
      expect(result.isPositive[0]).toEqual([
        ...positives.map(() => 1),
        ...negatives.map(() => 0),
        ...missing,
      ]);
    }),
    { numRuns: 200, seed: 1 },
  );
});

test('sampling leaves only its results', () => {
  const labels = tf.tensor2d([[0, 1, -1]]);
  const keys = tf.tensor2d([[0.5, 0.5, 0.5]]);
  expectNewTensors(
    () => ({ ...sampleBalanced(labels, keys, { batchSizePerImage: 2, positiveFraction: 0.5 }) }),
    3,
  );
});
