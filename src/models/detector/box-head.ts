import { tf } from '../../tf.js';
import {
  type BlockOptions,
  blocks8,
  conv7b,
  type Features,
  makeBlockLayers,
  mixed7a,
} from '../inception-resnet-v2-blocks.js';
import { Convolution } from '../layers.js';
import { outputDeviation } from './rpn-head.js';

export interface DenseBoxHeadOptions {
  /** P: side of the pooled features in px. */
  readonly poolSize: number;
  /** C: of the pooled features. */
  readonly channels: number;
  /** Of each dense layer, in their order. */
  readonly units: readonly number[];
  readonly seed: number | null;
}

/**
 * The light second stage: dense layers with relu on all features of a region, then its logit and its deltas.
 *
 * @returns A model of `[B, P, P, C]`, B regions; outputs `[B, 1, 1, 1]` and `[B, 1, 1, 4]`.
 *
 * Source: Lin et al., arXiv 1612.03144, section 4.2 (two layers of 1024).
 */
export function buildDenseBoxHead({ poolSize, channels, units, seed }: DenseBoxHeadOptions): tf.LayersModel {
  const rois = tf.input({ name: 'box_head/rois', shape: [poolSize, poolSize, channels] });
  // Dense layers as 1 x 1 convolutions, which a compiled step fuses with bias and relu.
  const flat = tf.layers.reshape({
    name: 'box_head/flat',
    targetShape: [1, 1, poolSize * poolSize * channels],
  });
  let x = flat.apply(rois) as Features;
  for (const [index, filters] of units.entries()) {
    x = new Convolution({
      name: `box_head/dense${index + 1}`,
      filters,
      kernelSize: 1,
      stride: 1,
      padding: 'valid',
      activation: 'relu',
      initialKernel: 'he',
      seed,
    }).apply(x) as Features;
  }
  return tf.model({ name: 'box-head', inputs: rois, outputs: boxOutputs(x, seed) });
}

export interface DeepBoxHeadOptions extends BlockOptions {
  /** P: side of the pooled features in px, at least 3. */
  readonly poolSize: number;
  /** C: of the pooled features. */
  readonly channels: number;
  /** Number of blocks 8. */
  readonly block8: number;
}

/**
 * The second stage of the literature: the rest of Inception-ResNetV2 after block17 (Mixed 7a, block8, conv_7b), computed
 * for each region, then the mean over its px, its logit and its deltas.
 *
 * @returns A model of `[B, P, P, C]`, B regions; outputs `[B, 1, 1, 1]` and `[B, 1, 1, 4]`.
 *
 * Source: Huang et al., arXiv 1611.10012, section 3.3; TensorFlow's object detection pools to P = 17.
 */
export function buildDeepBoxHead({
  poolSize,
  channels,
  block8,
  ...options
}: DeepBoxHeadOptions): tf.LayersModel {
  const rois = tf.input({ name: 'box_head/rois', shape: [poolSize, poolSize, channels] });
  const layers = makeBlockLayers(options);
  let x = mixed7a(layers, rois, 'valid');
  x = blocks8(layers, x, block8);
  x = conv7b(layers, x);
  const filters = x.shape[3]!;
  x = tf.layers.globalAveragePooling2d({ name: 'box_head/mean' }).apply(x) as Features;
  x = tf.layers.reshape({ name: 'box_head/means', targetShape: [1, 1, filters] }).apply(x) as Features;
  return tf.model({ name: 'box-head', inputs: rois, outputs: boxOutputs(x, options.seed) });
}

function boxOutputs(x: Features, seed: number | null): Features[] {
  const output = (name: string, filters: number) =>
    new Convolution({
      name,
      filters,
      kernelSize: 1,
      stride: 1,
      padding: 'valid',
      activation: 'linear',
      initialKernel: outputDeviation,
      seed,
    }).apply(x) as Features;
  return [output('box_head/logits', 1), output('box_head/deltas', 4)];
}
