/** Matches boxes with gtBoxes. N = images, A = boxes of an image, M = room for gtBoxes. */
import { tf } from '../../tf.js';
import { iouOfDice } from './box-overlap.js';

export interface MatchOptions {
  /** IoU from which on a box is positive. */
  readonly positiveIou: number;
  /** IoU below which a box is negative, greater than 0 and at most `positiveIou`. */
  readonly negativeIou: number;
  /**
   * Whether for every gtBox the boxes with the greatest overlap become positive and are matched to it, however small this
   * overlap is, unless it is 0. All boxes with an equal overlap, up to rounding, count. A box that is the best of several
   * gtBoxes is matched to the one that it overlaps most.
   */
  readonly forceBest: boolean;
}

export interface Matches {
  /** `[N, A]` int32: the gtBox of each box; undefined where the label is not 1. */
  readonly matched: tf.Tensor2D;
  /** `[N, A]` float32: 1 = positive, 0 = negative, -1 = neither. */
  readonly labels: tf.Tensor2D;
  /** `[N, A]` float32: IoU with the matched gtBox; 1 for a forced match. */
  readonly iou: tf.Tensor2D;
}

/**
 * Matches each box with the gtBox that it overlaps most, and labels it.
 *
 * @param tables For each image the overlaps of its boxes (Dice coefficients, see box-overlap.ts) in one or more parts
 *   `[Ai, M]`, the Ai adding up to A. A gtBox that is only padding has overlap 0 with all.
 * @param ignored `[N, A]` float32, 1 = in unreviewed pixels: neither, unless positive.
 * @returns No gradient flows through it. Without a gtBox all are negative or ignored. The caller disposes it.
 *
 * Source: Ren et al., arXiv 1506.01497, section 3.1.2. A forced box is matched to the gtBox that forced it, as in
 * TensorFlow's Object Detection API; otherwise some nuclei in a crowd would have no anchor. detectron2 matches it to the
 * gtBox that the box itself overlaps most.
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

/** Adds 1 to the greatest overlaps of each gtBox: they exceed all others and keep their order. */
function withBestForced(parts: readonly tf.Tensor2D[]): tf.Tensor2D[] {
  const greatest = parts.map((part) => tf.max(part, 0)).reduce((a, b) => tf.maximum(a, b));
  // A gtBox that no box overlaps has no best box.
  const least = tf.maximum(greatest.mul(asGreat), leastDice);
  return parts.map((part) => tf.add<tf.Tensor2D>(part, tf.greaterEqual(part, least).toFloat()));
}

/** Fraction of the greatest overlap that counts as equal; the rounding of coordinates up to 1024 px changes it by less. */
const asGreat = 1 - 1e-4;

/** Far below any overlap that is not 0: 0.001 px² in 4096 x 4096 px gives 1e-10. */
const leastDice = 1e-20;
