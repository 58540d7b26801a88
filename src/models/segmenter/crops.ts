import type { SegmenterConfig } from '../../config/segmenter.js';
import { tf } from '../../tf.js';
import { boxPrior } from './box-prior.js';

/**
 * The input of the network: images with the prior of their boxes as a fourth channel.
 *
 * @param images `[N, S, S, 3]`, -1 to 1.
 * @param boxes `[N, 4]` `xyxy`, px of the crop.
 * @param options.standardize Whether each image is shifted and scaled to mean 0 and deviation 1.
 * @returns `[N, S, S, 4]`. The caller disposes it.
 */
export function networkCrops(
  images: tf.Tensor4D,
  boxes: tf.Tensor2D,
  { boxFalloff, standardize }: Pick<SegmenterConfig['model'], 'boxFalloff' | 'standardize'>,
): tf.Tensor4D {
  return tf.tidy(() => {
    const shown = standardize ? standardized(images) : images;
    return tf.concat([shown, boxPrior(boxes, images.shape[1], boxFalloff)], 3);
  });
}

/** Least deviation that is scaled to 1: 2.5 of 255 steps of brightness, about the noise of a camera. */
const leastDeviation = 0.02;

/** Standardizes each image by the mean and deviation of all its pixels and channels, so that colours stay. */
function standardized(images: tf.Tensor4D): tf.Tensor4D {
  const { mean, variance } = tf.moments(images, [1, 2, 3], true);
  return tf.div(tf.sub(images, mean), tf.maximum(tf.sqrt(variance), leastDeviation));
}
