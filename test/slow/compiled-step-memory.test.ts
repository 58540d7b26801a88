import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.js';
import { nativeBackend } from '../../src/engine/native.js';
import { buildVgg16 } from '../../src/models/vgg16.js';
import { weightsOf } from '../../src/models/weights.js';
import { lossGradients } from '../../src/ops/gradients.js';
import { createAdam } from '../../src/ops/optimizers.js';
import { tf } from '../../src/tf.js';
import { useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const steps = 2000;

/** MiB. */
const residentMemory = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;

test('2,000 compiled steps do not add memory, tensors or handles', () => {
  const model = buildVgg16({ size: [32, 32], seed: 1 });
  const { all, trainable } = weightsOf(model);
  const optimizer = createAdam(trainable, { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 });
  const input = () => ({
    images: tf.tensor4d(new Float32Array(32 * 32 * 3).fill(0.5), [1, 32, 32, 3]),
    rate: tf.scalar(1e-5),
  });
  const step = compile(
    ({ images, rate }: { images: tf.Tensor; rate: tf.Scalar }) => {
      const { parts, gradients } = lossGradients(trainable, () => ({
        loss: tf.mean<tf.Scalar>(tf.square(model.apply(images) as tf.Tensor)),
      }));
      optimizer.apply(gradients, rate);
      return parts;
    },
    { inputs: input(), state: { ...all, ...optimizer.state }, mode: 'compiled' },
  );
  const runStep = () => tf.tidy(() => step.run(input()).loss.dataSync());
  const nativeHandles = () =>
    (tf.backend() as unknown as { getNumOfTFTensors(): number }).getNumOfTFTensors();
  /** The id of the next native handle; int32, and never used twice. */
  const nextId = () => {
    const probe = tf.scalar(0);
    const [id] = nativeBackend().getInputTensorIds([probe]);
    probe.dispose();
    return id!;
  };
  for (let index = 0; index < 50; index++) runStep();

  const before = {
    tensors: tf.memory().numTensors,
    handles: nativeHandles(),
    id: nextId(),
    memory: residentMemory(),
  };
  for (let index = 0; index < steps; index++) runStep();
  expect(tf.memory().numTensors).toBe(before.tensors);
  expect(nativeHandles()).toBe(before.handles);
  expect(residentMemory() - before.memory).toBeLessThan(20);
  // Two inputs, the loss, and the barrier: at four ids a step int32 lasts for 500 million steps.
  expect((nextId() - before.id - 1) / steps).toBe(4);
});
