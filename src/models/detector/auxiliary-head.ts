import { tf } from '../../tf.js';
import type { Features } from '../inception-resnet-v2-blocks.js';
import { Convolution } from '../layers.js';
import { outputDeviation } from './rpn-head.js';

/**
 * Predicts for every px of the finest level whether it is nucleus and whether it is border: a denser supervision than
 * boxes, used only in training.
 *
 * @param options.channels Of the features, and of the 3 x 3 convolution with a relu on them.
 * @returns A model of `[N, h, w, channels]`; its output are logits `[N, h, w, 2]`, foreground and border.
 */
export function buildAuxiliaryHead({
  channels,
  seed,
}: {
  channels: number;
  seed: number | null;
}): tf.LayersModel {
  const features = tf.input({ name: 'auxiliary/features', shape: [null, null, channels] });
  const shared = { stride: 1, padding: 'same', seed } as const;
  const x = new Convolution({
    ...shared,
    name: 'auxiliary/conv',
    filters: channels,
    kernelSize: 3,
    activation: 'relu',
    initialKernel: 'he',
  }).apply(features) as Features;
  const logits = new Convolution({
    ...shared,
    name: 'auxiliary/logits',
    filters: 2,
    kernelSize: 1,
    activation: 'linear',
    initialKernel: outputDeviation,
  }).apply(x) as Features;
  return tf.model({ name: 'auxiliary-head', inputs: features, outputs: logits });
}
