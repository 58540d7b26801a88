import { attr } from '../engine/native.js';
import type { tf } from '../tf.js';
import { defineNative, runNative } from './native-operation.js';

interface Attributes {
  readonly epsilon: number;
  readonly momentum: number;
}

const types = [attr.type('T', 'float32'), attr.type('U', 'float32')];

const nativeBatchNorm = defineNative<'x' | 'scale' | 'offset' | 'mean' | 'variance', Attributes>({
  name: 'NucleateBatchNorm',
  forward: ({ x, scale, offset, mean, variance }, { epsilon, momentum }) => {
    const settings = [
      attr.float('epsilon', epsilon),
      attr.float('exponential_avg_factor', 1 - momentum),
      attr.bool('is_training', true),
    ];
    return runNative('FusedBatchNormV3', [...types, ...settings], [x, scale, offset, mean, variance], 6);
  },
  // Outputs: y, new mean, new variance, and three that only the gradient uses.
  save: { inputs: ['x', 'scale'], outputs: [false, false, false, true, true, true] },
  gradient: ([dy], [x, scale, ...reserved], { epsilon }) => {
    const settings = [attr.float('epsilon', epsilon), attr.bool('is_training', true)];
    const inputs = [dy!, x!, scale!, ...reserved];
    const [dx, dScale, dOffset] = runNative('FusedBatchNormGradV3', [...types, ...settings], inputs, 5);
    return { x: () => dx!, scale: () => dScale!, offset: () => dOffset! };
  },
});

export interface BatchNormTraining {
  /** `[N, H, W, C]`, normalized by the statistics of this batch. */
  readonly y: tf.Tensor4D;
  /** `[C]`: `momentum` of the old one + (1 - `momentum`) of this batch's. No gradient flows through it. */
  readonly movingMean: tf.Tensor1D;
  /** `[C]`, likewise; the batch's variance is the unbiased one, over (n - 1), n = N H W. */
  readonly movingVariance: tf.Tensor1D;
}

/**
 * Batch normalization in training as one operation, and its gradient as one operation. Native backend only.
 *
 * @param x `[N, H, W, C]` float32; the other tensors are `[C]` float32.
 * @param options.epsilon Added to the variance, which divides `x` as the biased one, over n.
 * @param options.momentum Fraction of the moving statistics that is kept, from 0 to 1.
 * @returns The caller disposes all of it.
 *
 * Source: Ioffe and Szegedy, arXiv 1502.03167. Keras's own layer moves its variance by the biased one.
 */
export function batchNormTraining(
  x: tf.Tensor4D,
  parameters: {
    readonly scale: tf.Tensor1D;
    readonly offset: tf.Tensor1D;
    readonly movingMean: tf.Tensor1D;
    readonly movingVariance: tf.Tensor1D;
  },
  { epsilon, momentum }: Attributes,
): BatchNormTraining {
  const { scale, offset, movingMean: mean, movingVariance: variance } = parameters;
  const [y, movingMean, movingVariance] = nativeBatchNorm(
    { x, scale, offset, mean, variance },
    { epsilon, momentum },
  ) as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D];
  return { y, movingMean, movingVariance };
}
