import { tf } from '../../tf.js';
import type { Features } from '../inception-resnet-v2-blocks.js';
import type { Tap } from '../inception-resnet-v2.js';
import { NormConvolution } from '../layers.js';

export interface PyramidOptions {
  /** Of every level. */
  readonly channels: number;
  /** Of the levels in px of the image, each twice the one before: `[4, 8, 16]`. */
  readonly strides: readonly number[];
  readonly seed: number | null;
  /** Fraction of the moving statistics that a training step keeps, from 0 to 1. */
  readonly normMomentum: number;
}

/**
 * Feature pyramid: every level has the features of the coarser ones, too, at its own resolution.
 *
 * Each tap goes through a 1 x 1 convolution, the coarser level is doubled in size and added, and a 3 x 3 convolution
 * with a relu gives the features of the level.
 *
 * @param taps Of the backbone, finest first; each has half the sides of the one before.
 * @returns One level per stride, finest first.
 * @throws {RangeError} If a stride has no tap.
 *
 * Source: Lin et al., arXiv 1612.03144, with normalized convolutions; the relu is ours.
 */
export function buildPyramid(taps: readonly Tap[], { channels, strides, ...shared }: PyramidOptions): Tap[] {
  const { seed, normMomentum: momentum } = shared;
  const convolution = (x: Features, name: string, kernelSize: number, activation: 'relu' | 'linear') => {
    const options = { name, filters: channels, kernelSize, stride: 1, padding: 'same', activation } as const;
    return new NormConvolution({ ...options, seed, momentum }).apply(x) as Features;
  };
  const levels: Tap[] = [];
  let coarser: Features | undefined;
  for (const stride of [...strides].sort((a, b) => b - a)) {
    const tap = taps.find((tap) => tap.stride === stride);
    if (!tap)
      throw new RangeError(
        `Expected strides of ${taps.map((tap) => tap.stride).join(', ')}, received ${stride}`,
      );
    const lateral = convolution(tap.features, `pyramid/lateral${stride}`, 1, 'linear');
    const name = `pyramid/sum${stride}`;
    const sum: Features = coarser
      ? (new UpsampledSum({ name }).apply([lateral, coarser]) as Features)
      : lateral;
    levels.unshift({ stride, features: convolution(sum, `pyramid/smooth${stride}`, 3, 'relu') });
    coarser = sum;
  }
  return levels;
}

/** Adds features of half the size, each px repeated 2 x 2: `[fine, coarse]` to the shape of `fine`. */
export class UpsampledSum extends tf.layers.Layer {
  static readonly className = 'UpsampledSum';

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [fine, coarse] = inputs as [tf.Tensor4D, tf.Tensor4D];
    return tf.tidy(() => tf.add(fine, doubleSize(coarse)));
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return (inputShape as tf.Shape[])[0]!;
  }
}

/**
 * Repeats each px 2 x 2: `[N, H, W, C]` to `[N, 2 H, 2 W, C]`.
 *
 * The gradient is the sum over each 2 x 2 px, computed by average pooling. It is as fast on a CPU as TensorFlow's own
 * gradient, which is not deterministic on a GPU.
 */
export function doubleSize(x: tf.Tensor4D): tf.Tensor4D {
  const double = tf.customGrad((x) => {
    const { shape } = x as tf.Tensor4D;
    const value = tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [2 * shape[1], 2 * shape[2]]);
    return { value, gradFunc: (dy: tf.Tensor) => tf.avgPool(dy as tf.Tensor4D, 2, 2, 'valid').mul(4) };
  });
  return double(x) as tf.Tensor4D;
}
