import { gatherPerImage } from '../../ops/gather-per-image.js';
import { paddedNonMaxSuppression } from '../../ops/non-max-suppression.js';
import { tf } from '../../tf.js';

export interface ImageSuppressionOptions {
  /** R: maximum number of boxes of an image; R is less if there are fewer boxes. */
  readonly topK: number;
  /** IoU above which the box with the lower score is dropped. */
  readonly nmsThreshold: number;
  /** Boxes with a score of at most this are dropped. */
  readonly scoreThreshold: number;
  /** px: boxes with a shorter side are dropped. */
  readonly minBoxSize: number;
}

/**
 * Greedy non-maximum suppression of each image's boxes.
 *
 * @param boxes `[N, K, 4]` `xyxy` px.
 * @param scores `[N, K]`; -infinity drops a box at any threshold.
 * @returns Boxes by falling score, each tensor `[N, R, ...]` with zeros where there is none, `valid` 1 or 0. No gradient
 *   flows through it. The caller disposes it.
 */
export function suppressPerImage(
  boxes: tf.Tensor3D,
  scores: tf.Tensor2D,
  { topK, minBoxSize, nmsThreshold, scoreThreshold }: ImageSuppressionOptions,
): { boxes: tf.Tensor3D; scores: tf.Tensor2D; valid: tf.Tensor2D } {
  return tf.tidy(() => {
    const room = Math.min(topK, boxes.shape[1]);
    const [low, high] = tf.split(boxes, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
    const isBigEnough = tf.greaterEqual(tf.min(tf.sub(high, low), 2), minBoxSize);
    const kept = tf.unstack(tf.where(isBigEnough, scores, -Infinity)) as tf.Tensor1D[];
    const found = tf.unstack(boxes).map((image, n) =>
      paddedNonMaxSuppression(image as tf.Tensor2D, kept[n]!, {
        count: room,
        iouThreshold: nmsThreshold,
        scoreThreshold,
      }),
    );
    const indices = tf.stack(found.map((image) => image.indices)) as tf.Tensor2D;
    const valid = tf.stack(found.map((image) => image.valid)) as tf.Tensor2D;
    return {
      boxes: tf.mul(gatherPerImage(boxes, indices), valid.expandDims(2)),
      scores: tf.where(tf.equal(valid, 1), gatherPerImage(scores, indices), 0),
      valid,
    };
  });
}
