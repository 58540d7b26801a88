import { expect } from 'vitest';
import { tf } from '../../src/tf.js';

/**
 * Compares the gradient of `sum(weights * f(x))` with central differences, for every element of x.
 *
 * @param f Any output shape; smooth within `step` of x.
 */
export function expectGradientMatchesDifferences(
  f: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  { step, atol }: { step: number; atol: number },
): void {
  tf.tidy(() => {
    const shape = tf.tidy(() => f(x).shape);
    const weights = tf.randomUniform(shape, -1, 1, 'float32', 5);
    const objective = (at: tf.Tensor) => tf.sum<tf.Scalar>(tf.mul(f(at), weights));
    const gradient = [...tf.grad(objective)(x).dataSync()];
    const values = x.dataSync();
    const differences = gradient.map((_, index) => {
      const shifted = (by: number) => {
        const copy = Float32Array.from(values);
        copy[index]! += by;
        return tf.tidy(() => objective(tf.tensor(copy, x.shape)).dataSync()[0]!);
      };
      return (shifted(step) - shifted(-step)) / (2 * step);
    });
    for (const [index, difference] of differences.entries()) {
      expect(Math.abs(gradient[index]! - difference), `element ${index}`).toBeLessThanOrEqual(atol);
    }
  });
}
