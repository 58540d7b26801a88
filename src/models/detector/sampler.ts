import { gatherPerImage } from '../../ops/gather-per-image.js';
import { tf } from '../../tf.js';

export interface SampleOptions {
  /** K: number of boxes that are sampled from each image. */
  readonly batchSizePerImage: number;
  /** Fraction of them that may be positive; the rest are negatives. */
  readonly positiveFraction: number;
}

/** Boxes sampled from each image. */
export interface Samples {
  /** `[N, K]` int32 into the image's boxes, positives first; 0 where `valid` is 0. */
  readonly indices: tf.Tensor2D;
  /** `[N, K]` float32, 1 or 0: fewer than K are sampled if there are not enough. */
  readonly valid: tf.Tensor2D;
  /** `[N, K]` float32, 1 or 0; 0 where `valid` is 0. */
  readonly isPositive: tf.Tensor2D;
}

/**
 * Samples positives and negatives of each image at random, without replacement: those with the greatest keys.
 *
 * @param labels `[N, A]` float32: 1 = positive, 0 = negative, -1 = neither, which is never sampled.
 * @param random `[N, A]` float32 keys, uniform in [0, 1). The order of equal keys may differ between devices.
 * @returns The caller disposes it.
 *
 * Source: Ren et al., arXiv 1506.01497, section 3.1.3.
 */
export function sampleBalanced(
  labels: tf.Tensor2D,
  random: tf.Tensor2D,
  { batchSizePerImage, positiveFraction }: SampleOptions,
): Samples {
  return tf.tidy(() => {
    const [, boxes] = labels.shape;
    // Key + 1 for boxes with the label, 0 for all others.
    const keys = tf.add(random, 1);
    const best = (label: number, most: number) => {
      const { values, indices } = tf.topk(
        tf.mul(keys, tf.equal(labels, label).toFloat()),
        Math.min(most, boxes),
      );
      return { values, indices };
    };
    const positives = best(1, Math.floor(batchSizePerImage * positiveFraction));
    const negatives = best(0, batchSizePerImage);
    // Positives become 3 and more, so that all of them come before the negatives.
    const isFound = tf.greater(positives.values, 0).toFloat();
    const together = tf.concat([tf.add(positives.values, isFound.mul(2)), negatives.values], 1);
    const missing = Math.max(0, batchSizePerImage - together.shape[1]!);
    const { values, indices: places } = tf.topk(
      tf.pad(together, [
        [0, 0],
        [0, missing],
      ]),
      batchSizePerImage,
    );
    const indices = tf.pad(tf.concat([positives.indices, negatives.indices], 1), [
      [0, 0],
      [0, missing],
    ]);
    const valid = tf.greater(values, 0);
    const chosen = gatherPerImage(indices as tf.Tensor2D, places as tf.Tensor2D);
    return {
      indices: tf.mul<tf.Tensor2D>(chosen, valid.toInt()),
      valid: valid.toFloat() as tf.Tensor2D,
      isPositive: tf.greaterEqual(values, 3).toFloat() as tf.Tensor2D,
    };
  });
}
