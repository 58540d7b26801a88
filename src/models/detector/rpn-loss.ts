/** Losses of the region proposal network. N = images, A = anchors of an image. */
import { gatherPerImage } from '../../ops/gather-per-image.js';
import { tf } from '../../tf.js';
import { anchorBoxes, type AnchorGrid } from './anchors.js';
import { anchorDice } from './box-overlap.js';
import { type BoxRegression, regressionLoss } from './box-regression.js';
import { type GroundTruth, withoutPadding } from './ground-truth.js';
import { areIgnored } from './ignored.js';
import { type FocalOptions, focalLoss, sigmoidCrossEntropy } from './losses.js';
import { type MatchOptions, matchBoxes } from './matcher.js';
import { sampleBalanced, type SampleOptions } from './sampler.js';

export interface RpnPredictions {
  /** `[N, A]` float32. */
  readonly objectnessLogits: tf.Tensor2D;
  /** `[N, A, 4]` float32, as `encodeBoxes`. */
  readonly deltas: tf.Tensor3D;
}

export interface RpnLossOptions extends BoxRegression {
  readonly match: MatchOptions;
  /** Which anchors are used: a random sample of each image, or all with focal loss. */
  readonly choice:
    ({ readonly kind: 'sampled' } & SampleOptions) | ({ readonly kind: 'dense' } & FocalOptions);
}

export interface RpnLosses {
  readonly objectness: tf.Scalar;
  readonly boxes: tf.Scalar;
}

/**
 * Losses of the region proposal network.
 *
 * `sampled`, as in the paper: cross-entropy of the sampled anchors and the box loss of the positives among them, both
 * divided by the number of sampled anchors (detectron2's choice for the paper's N_cls and lambda / N_reg). `dense`: focal
 * loss of all anchors that are positive or negative and the box loss of all positives, both divided by the number of
 * positives. Both numbers are those of the whole batch, at least 1.
 *
 * @param random `[N, A]` float32, uniform in [0, 1); not used by `dense`.
 * @returns Scalars with gradients by the predictions. The caller disposes them.
 *
 * Source: Ren et al., arXiv 1506.01497, section 3.1; Lin et al., arXiv 1708.02002, section 4.1.
 */
export function rpnLosses(
  { objectnessLogits, deltas }: RpnPredictions,
  truth: GroundTruth,
  grid: AnchorGrid,
  random: tf.Tensor2D,
  { match, choice, ...regression }: RpnLossOptions,
): RpnLosses {
  return tf.tidy(() => {
    const anchors = anchorBoxes(grid).expandDims<tf.Tensor3D>(0);
    const gtBoxes = withoutPadding(truth);
    const { matched, labels } = matchBoxes(
      anchorDice(grid, gtBoxes),
      areIgnored(anchors, truth.ignore),
      match,
    );
    const isPositive = tf.equal(labels, 1).toFloat() as tf.Tensor2D;
    if (choice.kind === 'dense') {
      const count = tf.maximum(tf.sum(isPositive), 1);
      const isCounted = tf.greaterEqual(labels, 0).toFloat();
      const boxes = { deltas, anchors, targets: gatherPerImage(gtBoxes, matched), weights: isPositive };
      return {
        objectness: tf.div<tf.Scalar>(focalLoss(objectnessLogits, isPositive, isCounted, choice), count),
        boxes: tf.div<tf.Scalar>(regressionLoss(boxes, regression), count),
      };
    }
    const { indices, valid, isPositive: weights } = sampleBalanced(labels, random, choice);
    const count = tf.maximum(tf.sum(valid), 1);
    const logits = gatherPerImage(objectnessLogits, indices);
    const boxes = {
      deltas: gatherPerImage(deltas, indices),
      anchors: gatherPerImage(anchors, indices),
      targets: gatherPerImage(gtBoxes, gatherPerImage(matched, indices)),
      weights,
    };
    return {
      objectness: tf.div<tf.Scalar>(sigmoidCrossEntropy(logits, weights, valid), count),
      boxes: tf.div<tf.Scalar>(regressionLoss(boxes, regression), count),
    };
  });
}
