import { expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.js';
import { NormConvolution, ScaledResidual } from '../../src/models/layers.js';
import { weightsOf } from '../../src/models/weights.js';
import { clipByGlobalNorm, lossGradients } from '../../src/ops/gradients.js';
import { createAdam, decayWeights, updateAverages } from '../../src/ops/optimizers.js';
import { tf } from '../../src/tf.js';
import { useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const size = 16;

/** Two residual blocks of convolutions with batch normalization. */
function buildNet(): tf.LayersModel {
  const common = { activation: 'relu', padding: 'same', seed: 1 } as const;
  const images = tf.input({ shape: [size, size, 3] });
  let x = new NormConvolution({ name: 'stem', filters: 8, kernelSize: 3, stride: 2, ...common }).apply(
    images,
  );
  for (const block of ['block1', 'block2']) {
    const branch = new NormConvolution({
      name: `${block}_a`,
      filters: 4,
      kernelSize: [1, 3],
      stride: 1,
      ...common,
    });
    const residual = new ScaledResidual({ name: `${block}_b`, scale: 0.5, activation: 'relu', seed: 1 });
    x = residual.apply([x as tf.SymbolicTensor, branch.apply(x) as tf.SymbolicTensor]);
  }
  return tf.model({ inputs: images, outputs: x as tf.SymbolicTensor });
}

/** Losses of 20 steps and all of the state after them. */
function train(mode: 'compiled' | 'eager', { training }: { training: boolean }) {
  const model = buildNet();
  const { all, trainable } = weightsOf(model);
  const averages = Object.fromEntries(
    Object.entries(trainable).map(([name, variable]) => [name, tf.variable(variable, false)]),
  );
  const optimizer = createAdam(trainable, { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 });
  const batch = (index: number) => ({
    images: tf.randomUniform([4, size, size, 3], -1, 1, 'float32', index + 1),
    rate: tf.scalar(0.01 / (index + 1)),
  });
  const step = compile(
    ({ images, rate }: { images: tf.Tensor; rate: tf.Scalar }) => {
      const { parts, gradients } = lossGradients(trainable, () => {
        const features = model.apply(images, { training }) as tf.Tensor;
        return { loss: tf.mean<tf.Scalar>(tf.square(tf.sub(features, 1))) };
      });
      const clipped = clipByGlobalNorm(gradients, 0.5);
      decayWeights(Object.values(trainable), rate, 0.1);
      optimizer.apply(clipped.gradients, rate);
      updateAverages(averages, trainable, 0.9);
      return { ...parts, norm: clipped.norm };
    },
    { inputs: batch(0), state: { ...all, ...optimizer.state, ...prefixed('average', averages) }, mode },
  );
  const losses = Array.from({ length: 20 }, (_, index) => {
    const { loss, norm } = step.run(batch(index));
    return [loss.dataSync()[0]!, norm.dataSync()[0]!];
  });
  const state = Object.entries(step.readState()).map(([name, value]) => [name, value.dataSync()] as const);
  step.dispose();
  return { losses, state };
}

const prefixed = (prefix: string, variables: Record<string, tf.Variable>) =>
  Object.fromEntries(Object.entries(variables).map(([name, variable]) => [`${prefix}/${name}`, variable]));

test.each([{ training: true }, { training: false }])(
  'compiled and eager agree after 20 steps of Adam, to round-off: $training',
  (options) => {
    const eager = train('eager', options);
    const compiled = train('compiled', options);
    expect(eager.losses[19]![0]).toBeLessThan(0.9 * eager.losses[0]![0]!); // it does learn
    for (const [index, [loss, norm]] of compiled.losses.entries()) {
      expect(loss! / eager.losses[index]![0]!, `loss ${index}`).toBeCloseTo(1, 4);
      expect(norm! / eager.losses[index]![1]!, `norm ${index}`).toBeCloseTo(1, 3);
    }
    for (const [index, [name, values]] of compiled.state.entries()) {
      const scale = Math.max(...eager.state[index]![1].map(Math.abs), 1e-3);
      const worst = Math.max(...values.map((value, at) => Math.abs(value - eager.state[index]![1][at]!)));
      expect(worst / scale, name).toBeLessThan(1e-3);
    }
  },
);

test('two compiled runs are the same to the bit', () => {
  expect(train('compiled', { training: true })).toEqual(train('compiled', { training: true }));
});
