import { compile } from '../src/engine/compile.js';
import type { NamedTensors, RunnableStep } from '../src/engine/step.js';
import { buildInceptionResNetV2 } from '../src/models/inception-resnet-v2.js';
import { buildVgg16 } from '../src/models/vgg16.js';
import { weightsOf } from '../src/models/weights.js';
import { lossGradients } from '../src/ops/gradients.js';
import { createMomentum } from '../src/ops/optimizers.js';
import { tf } from '../src/tf.js';
import type { Workload } from './workload.js';

/** The step that every contender runs: the mean square of the features is the loss, momentum the optimizer. */
export function makeStep(
  { task, network, size, batch, norm }: Workload,
  mode: 'compiled' | 'eager',
): { step: RunnableStep<NamedTensors, NamedTensors>; inputs: NamedTensors } {
  const build = { 'inception-resnet-v2': buildInceptionResNetV2, vgg16: buildVgg16 }[network];
  const model = build({ size: [size, size], seed: 1 });
  const { all, trainable } = weightsOf(model);
  const images = tf.randomUniform([batch, size, size, 3], -1, 1, 'float32', 1);
  const rate = tf.scalar(1e-4);
  if (task === 'forward') {
    const predict = ({ images }: NamedTensors) => ({ features: model.apply(images!) as tf.Tensor });
    return { step: compile(predict, { inputs: { images }, state: all, mode }), inputs: { images } };
  }
  const optimizer = createMomentum(trainable, { momentum: 0.9, nesterov: false });
  const train = ({ images, rate }: NamedTensors) => {
    const { parts, gradients } = lossGradients(trainable, () => {
      const features = model.apply(images!, { training: norm === 'batch' }) as tf.Tensor;
      return { loss: tf.mean<tf.Scalar>(tf.square(features)) };
    });
    optimizer.apply(gradients, rate as tf.Scalar);
    return parts;
  };
  const state = { ...all, ...optimizer.state };
  return { step: compile(train, { inputs: { images, rate }, state, mode }), inputs: { images, rate } };
}
