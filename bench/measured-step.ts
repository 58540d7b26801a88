import { SegmenterConfig } from '../src/config/segmenter.js';
import { compile } from '../src/engine/compile.js';
import type { NamedTensors, RunnableStep } from '../src/engine/step.js';
import { buildInceptionResNetV2 } from '../src/models/inception-resnet-v2.js';
import { buildSegmenter } from '../src/models/segmenter/network.js';
import { buildVgg16 } from '../src/models/vgg16.js';
import { weightsOf } from '../src/models/weights.js';
import { lossGradients } from '../src/ops/gradients.js';
import { createMomentum } from '../src/ops/optimizers.js';
import { tf } from '../src/tf.js';
import type { Workload } from './workload.js';

function buildNetwork(network: Workload['network'], size: number): tf.LayersModel {
  if (network === 'vgg16') return buildVgg16({ size: [size, size], seed: 1 });
  if (network === 'inception-resnet-v2') return buildInceptionResNetV2({ size: [size, size], seed: 1 });
  const paper = { width: 1, norm: false, decoder: 1, decoderConvolutions: 2 };
  const { model } = SegmenterConfig.parse({
    task: 'segmenter',
    model: network === 'segmenter-paper' ? paper : {},
  });
  return buildSegmenter({ ...model, size, seed: 1 });
}

/** The step that every contender runs: the mean square of the features is the loss, momentum the optimizer. */
export function makeStep(
  { task, network, size, batch, norm }: Workload,
  mode: 'compiled' | 'eager',
): { step: RunnableStep<NamedTensors, NamedTensors>; inputs: NamedTensors } {
  const model = buildNetwork(network, size);
  const { all, trainable } = weightsOf(model);
  const images = tf.randomUniform(
    [batch, ...model.inputs[0]!.shape.slice(1)] as number[],
    -1,
    1,
    'float32',
    1,
  );
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
  const step = compile(train, { inputs: { images, rate }, state, mode });
  // As in training: the session has values of its own.
  if (mode === 'compiled') optimizer.dispose();
  return { step, inputs: { images, rate } };
}
