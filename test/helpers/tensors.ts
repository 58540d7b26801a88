import { beforeAll, expect } from 'vitest';
import { startRuntime } from '../../src/engine/runtime.js';
import { tf } from '../../src/tf.js';

/** Computes the tests of this file on the native CPU library. */
export function useNativeCpu(): void {
  beforeAll(async () => {
    await startRuntime('cpu');
  });
}

/** A number, or numbers nested as deep as the tensor's rank. */
export type NestedNumbers = number | readonly NestedNumbers[];

/**
 * Compares shape and every value; unlike tfjs's own helper it has no default tolerance (1e-3 hides mistakes).
 *
 * Passes where |actual - expected| <= atol + rtol * |expected|. Reads the tensor; does not dispose it.
 */
export function expectTensorsClose(
  actual: tf.Tensor,
  expected: NestedNumbers,
  { atol, rtol = 0 }: { atol: number; rtol?: number },
): void {
  expect(actual.shape, 'shape').toEqual(shapeOf(expected));
  const flat = flatten(expected);
  const differing = [...actual.dataSync()]
    .map((value, index) => ({ index, value, expected: flat[index]! }))
    .filter(({ value, expected }) => !(Math.abs(value - expected) <= atol + rtol * Math.abs(expected)));
  expect(differing, `values beyond atol ${atol}, rtol ${rtol}`).toEqual([]);
}

const flatten = (nested: NestedNumbers): number[] =>
  typeof nested === 'number' ? [nested] : nested.flatMap(flatten);

function shapeOf(nested: NestedNumbers): number[] {
  return typeof nested === 'number' ? [] : [nested.length, ...(nested.length > 0 ? shapeOf(nested[0]!) : [])];
}

/**
 * Runs `work` twice, the first time to warm up, and expects the second to leave `count` new tensors.
 *
 * Counts in tfjs and in the native library: each can leak alone.
 */
export function expectNewTensors(work: () => unknown, count: number): void {
  const counts = () => {
    const backend = tf.backend() as unknown as { getNumOfTFTensors(): number };
    return { tfjs: tf.memory().numTensors, native: backend.getNumOfTFTensors() };
  };
  tf.dispose(work() as tf.TensorContainer);
  const before = counts();
  const result = work();
  const after = counts();
  tf.dispose(result as tf.TensorContainer);
  expect(after.tfjs - before.tfjs, 'new tensors in tfjs').toBe(count);
  // A tensor made from a typed array reaches the native library at its first use, so it may count less there.
  expect(after.native - before.native, 'new tensors in the native library').toBeLessThanOrEqual(count);
}
