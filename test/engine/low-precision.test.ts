import { expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.js';
import { convolve } from '../../src/ops/convolution.js';
import { lossGradients } from '../../src/ops/gradients.js';
import { createMomentum } from '../../src/ops/optimizers.js';
import { tf } from '../../src/tf.js';
import { useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const input = () => tf.randomUniform<tf.Rank.R4>([1, 8, 8, 3], -1, 1, 'float32', 3);

/** The loss before each of 30 steps of two convolutions, and the kernels after them. */
function train(precision: 'float32' | 'bfloat16' | 'float16') {
  const kernel = (shape: [number, number, number, number], seed: number) =>
    tf.variable(tf.randomUniform<tf.Rank.R4>(shape, -0.3, 0.3, 'float32', seed));
  const kernels = { first: kernel([3, 3, 3, 8], 1), second: kernel([1, 1, 8, 4], 2) };
  const optimizer = createMomentum(kernels, { momentum: 0.9, nesterov: false });
  const step = compile(
    ({ x }: { x: tf.Tensor4D }) => {
      const window = { stride: 1, padding: 'same' } as const;
      const losses = () => {
        const hidden = convolve(x, kernels.first, { ...window, activation: 'relu' });
        const y = convolve(hidden, kernels.second, { ...window, activation: 'linear' });
        return { loss: tf.mean<tf.Scalar>(tf.square(y.sub(0.5))) };
      };
      const { parts, gradients } = lossGradients(kernels, losses, { lossScale: 1024 });
      optimizer.apply(gradients, tf.scalar(0.05));
      return parts;
    },
    { inputs: { x: input() }, state: { ...kernels, ...optimizer.state }, mode: 'compiled', precision },
  );
  const losses = Array.from({ length: 30 }, () => step.run({ x: input() }).loss.dataSync()[0]!);
  return { losses, first: step.readState()['first']! };
}

test.each(['bfloat16', 'float16'] as const)(
  '%s trains like float32, but not to the same bits',
  (precision) => {
    const full = train('float32');
    const { losses, first } = train(precision);
    expect(full.losses[29]).toBeLessThan(0.5 * full.losses[0]!);
    expect(first.dtype).toBe('float32');
    // 8 and 11 bits of precision, and sums of several products.
    const tolerance = { bfloat16: 2e-2, float16: 2e-3 }[precision];
    for (const [index, loss] of losses.entries()) {
      expect(Math.abs(loss / full.losses[index]! - 1), `loss ${index}`).toBeLessThan(tolerance);
    }
    expect(losses).not.toEqual(full.losses);
  },
);

test('kernels of a network that does not train are lowered once', () => {
  const kernel = tf.variable(tf.randomUniform<tf.Rank.R4>([3, 3, 3, 8], -1, 1, 'float32', 1));
  const predict = ({ x }: { x: tf.Tensor4D }) => ({
    y: convolve(x, kernel, { stride: 1, padding: 'same', activation: 'linear' }),
  });
  const run = (precision: 'float32' | 'bfloat16') =>
    compile(predict, { inputs: { x: input() }, state: { kernel }, mode: 'compiled', precision }).run({
      x: input(),
    }).y;
  const worst = run('bfloat16').sub(run('float32')).abs().max().dataSync()[0]!;
  expect(worst).toBeGreaterThan(0);
  expect(worst).toBeLessThan(0.05);
});
