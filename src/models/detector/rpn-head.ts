import { tf } from '../../tf.js';
import type { Features } from '../inception-resnet-v2-blocks.js';
import { Convolution } from '../layers.js';

export interface RpnHeadOptions {
  /** Of every level's features. */
  readonly inputChannels: number;
  /** Of the 3 x 3 convolution. */
  readonly channels: number;
  /** Number of anchors at each px of the features, by level, finest first. Levels with equal numbers share output layers. */
  readonly anchorsPerCell: readonly number[];
  /** Probability of an object that the untrained head predicts for every anchor. */
  readonly priorProbability: number;
  readonly seed: number | null;
}

/** Standard deviation of the initial kernels of output layers; outputs start near zero (arXiv 1506.01497). */
export const outputDeviation = 0.01;

/**
 * The head of the region proposal network: a 3 x 3 convolution with a relu, shared by all levels, then for each count of
 * anchors `a` one convolution to objectness and one to deltas.
 *
 * @returns A model of features `[N, h, w, C]`; its outputs are, for each count in {@link distinctAnchorCounts}, logits
 *   `[N, h, w, a]` and deltas `[N, h, w, 4 a]`.
 *
 * Source: Ren et al., arXiv 1506.01497; the prior: Lin et al., arXiv 1708.02002, section 4.1.
 */
export function buildRpnHead({ inputChannels, channels, seed, ...options }: RpnHeadOptions): tf.LayersModel {
  const features = tf.input({ name: 'rpn/features', shape: [null, null, inputChannels] });
  const shared = { stride: 1, padding: 'same', seed } as const;
  const x = new Convolution({
    ...shared,
    name: 'rpn/conv',
    filters: channels,
    kernelSize: 3,
    activation: 'relu',
    initialKernel: 'he',
  }).apply(features) as Features;
  const output = (name: string, filters: number, initialBias: number) =>
    new Convolution({
      ...shared,
      name,
      filters,
      kernelSize: 1,
      activation: 'linear',
      initialKernel: outputDeviation,
      initialBias,
    }).apply(x) as Features;
  const prior = Math.log(options.priorProbability / (1 - options.priorProbability));
  const outputs = distinctAnchorCounts(options.anchorsPerCell).flatMap((count) => [
    output(`rpn/objectness_x${count}`, count, prior),
    output(`rpn/deltas_x${count}`, 4 * count, 0),
  ]);
  return tf.model({ name: 'rpn-head', inputs: features, outputs });
}

/** The distinct numbers of anchors per px, in the order of the head's outputs. */
export const distinctAnchorCounts = (anchorsPerCell: readonly number[]): number[] => [
  ...new Set(anchorsPerCell),
];
