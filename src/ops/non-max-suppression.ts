import { tf } from '../tf.js';

export interface SuppressionOptions {
  /** K: number of boxes that the result has room for. */
  readonly count: number;
  /** IoU above which the box with the lower score is dropped. */
  readonly iouThreshold: number;
  /** Boxes with a score of at most this are dropped. */
  readonly scoreThreshold: number;
}

/**
 * Greedy non-maximum suppression with a result of fixed size.
 *
 * @param boxes `[N, 4]` float32 `xyxy` in px.
 * @param scores `[N]` float32. Of equal scores the order may differ between devices.
 * @returns `indices` `[K]` int32 into the boxes by falling score, 0 where there is none; `valid` `[K]` float32, 1 where
 *   there is one and 0 elsewhere. No gradient flows through them. The caller disposes both.
 */
export function paddedNonMaxSuppression(
  boxes: tf.Tensor2D,
  scores: tf.Tensor1D,
  { count, iouThreshold, scoreThreshold }: SuppressionOptions,
): { indices: tf.Tensor1D; valid: tf.Tensor1D } {
  return tf.tidy(() => {
    // TensorFlow expects (y1, x1, y2, x2); the IoU is the same if the axes are exchanged.
    const found = tf.image.nonMaxSuppressionPadded(boxes, scores, count, iouThreshold, scoreThreshold, true);
    const valid = tf.less(tf.range(0, count, 1, 'int32'), found['validOutputs']!);
    return { indices: found['selectedIndices'] as tf.Tensor1D, valid: valid.toFloat() as tf.Tensor1D };
  });
}
