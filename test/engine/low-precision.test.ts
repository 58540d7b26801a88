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

test('a forward step keeps 16 bits between its convolutions, and returns float32', () => {
  const weight = (shape: number[], seed: number) =>
    tf.variable(tf.randomUniform(shape, -0.3, 0.3, 'float32', seed));
  const kernels = {
    first: weight([3, 3, 3, 8], 1),
    second: weight([3, 3, 8, 8], 2),
    last: weight([1, 1, 16, 4], 3),
    bias: weight([8], 4),
  };
  const same = { stride: 1, padding: 'same', activation: 'relu' } as const;
  const bias = kernels.bias as unknown as tf.Tensor1D;
  const predict = ({ x }: { x: tf.Tensor4D }) => {
    const trunk = convolve(x, kernels.first as unknown as tf.Tensor4D, { ...same, bias });
    const sum = convolve(trunk, kernels.second as unknown as tf.Tensor4D, { ...same, bias, trunk });
    const both = tf.concat([trunk, sum], 3);
    const y = convolve(both, kernels.last as unknown as tf.Tensor4D, { ...same, activation: 'linear' });
    // The mean of the sum is no operation between convolutions.
    return { y, mean: tf.mean(sum) };
  };
  const run = (options: { precision?: 'bfloat16'; forward?: boolean }) =>
    compile(predict, { inputs: { x: input() }, state: kernels, mode: 'compiled', ...options }).run({
      x: input(),
    });
  const full = run({});
  const forward = run({ precision: 'bfloat16', forward: true });
  const mixed = run({ precision: 'bfloat16' });
  for (const name of ['y', 'mean'] as const) {
    expect(forward[name].dtype).toBe('float32');
    const worst = forward[name].sub(full[name]).abs().max().dataSync()[0]!;
    // Four roundings to 8 bits of sums of about 1.
    expect(worst).toBeLessThan(0.03);
  }
  const bits = (tensor: tf.Tensor) => [...new Uint32Array(tensor.dataSync().buffer.slice(0))];
  // bfloat16 has 16 zeros behind it: this shows that nothing after the last convolution was float32.
  expect(bits(forward.y).every((value) => (value & 0xffff) === 0)).toBe(true);
  expect(bits(forward.y)).not.toEqual(bits(mixed.y));
  expect(run({ forward: true }).y.sub(full.y).abs().max().dataSync()[0]).toBe(0);
});
