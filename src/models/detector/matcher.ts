/** Which box belongs to which of the truth. N = images, A = boxes of an image, M = room for gtBoxes. */
import { tf } from '../../tf.js';
import { iouOfDice } from './box-overlap.js';

export interface MatchOptions {
  /** IoU from which a box is positive. */
  readonly positiveIou: number;
  /** IoU below which a box is negative, greater than 0 and at most `positiveIou`. */
  readonly negativeIou: number;
  /**
   * Whether every gtBox makes those boxes positive, and its own, that overlap it most: all that share the greatest
   * overlap but for rounding, however small it is, unless it is 0. A box that is the best of several goes to the one
   * that it overlaps most.
   */
  readonly forceBest: boolean;
}

export interface Matches {
  /** `[N, A]` int32: the gtBox of each box; without meaning where the label is not 1. */
  readonly matched: tf.Tensor2D;
  /** `[N, A]` float32: 1 = positive, 0 = negative, -1 = neither. */
  readonly labels: tf.Tensor2D;
  /** `[N, A]` float32: IoU with the matched gtBox; 1 for a match that was forced. */
  readonly iou: tf.Tensor2D;
}

/**
 * Gives each box the gtBox that it overlaps most, and a label.
 *
 * @param tables For each image the overlaps of its boxes (Dice coefficients, see box-overlap.ts) in one or more parts
 *   `[Ai, M]`, the Ai adding up to A. A gtBox that is only padding has overlap 0 with all.
 * @param ignored `[N, A]` float32, 1 = in pixels that nobody has reviewed: neither, unless positive.
 * @returns No gradient flows through it. Without a gtBox all are negative or ignored. The caller disposes it.
 *
 * Source: Ren et al., arXiv 1506.01497, section 3.1.2. Where detectron2 leaves a forced box to the gtBox that the box
 * itself overlaps most, here it belongs to the gtBox that forced it, as in TensorFlow's Object Detection API: between
 * crowded nuclei that one might have no anchor otherwise.
 */
export function matchBoxes(
  tables: readonly (readonly tf.Tensor2D[])[],
  ignored: tf.Tensor2D,
  { positiveIou, negativeIou, forceBest }: MatchOptions,
): Matches {
  return tf.tidy(() => {
    const best = tables
      .flatMap((parts) => (forceBest ? withBestForced(parts) : parts))
      .map((part) => tf.topk(part, 1));
    const joined = (key: 'values' | 'indices') =>
      tf.concat(best.map((part) => part[key])).reshape<tf.Tensor2D>(ignored.shape);
    const iou = iouOfDice(joined('values').minimum<tf.Tensor2D>(1));
    const isPositive = tf.greaterEqual(iou, positiveIou).toFloat();
    const isNegative = tf.mul(tf.less(iou, negativeIou).toFloat(), tf.sub(1, ignored));
    // 1 + 0, 0 + 1 and 0 + 0 become 1, 0 and -1.
    const labels = tf.add(isPositive.mul(2), isNegative).sub<tf.Tensor2D>(1);
    return { matched: joined('indices'), labels, iou };
  });
}

/** Adds 1 to the greatest overlaps of each gtBox: more than any other overlap, and the order among these stays. */
function withBestForced(parts: readonly tf.Tensor2D[]): tf.Tensor2D[] {
  const greatest = parts.map((part) => tf.max(part, 0)).reduce((a, b) => tf.maximum(a, b));
  // What is 0 for all boxes is the best of none.
  const least = tf.maximum(greatest.mul(asGreat), leastDice);
  return parts.map((part) => tf.add<tf.Tensor2D>(part, tf.greaterEqual(part, least).toFloat()));
}

/** Share of the greatest overlap that counts as equal to it: above what the rounding of coordinates up to 1024 px makes. */
const asGreat = 1 - 1e-4;

/** Far below the overlap of any two boxes that touch: one of 0.001 px² in 4096 x 4096 px has 1e-10. */
const leastDice = 1e-20;
