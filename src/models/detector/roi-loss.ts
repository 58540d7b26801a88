import { tf } from '../../tf.js';
import { type BoxRegression, regressionLoss } from './box-regression.js';
import { sigmoidCrossEntropy } from './losses.js';
import type { RoiTargets } from './roi-targets.js';

/** Predictions of the second stage for rois. N = images, R = rois of an image. */
export interface RoiPredictions {
  /** `[N, R]` float32: logit of being a nucleus. */
  readonly roiLogits: tf.Tensor2D;
  /** `[N, R, 4]` float32, as `encodeBoxes`. */
  readonly roiDeltas: tf.Tensor3D;
}

export interface RoiLossOptions extends BoxRegression {
  /** Target probability of a positive roi: 1, or its IoU, so that better boxes get higher scores. */
  readonly positiveLabel: 'one' | 'iou';
}

/**
 * Losses of the second stage: cross-entropy of all sampled rois and the box loss of the positive ones, both divided by
 * the number of sampled rois of the batch, at least 1.
 *
 * @returns Scalars with gradients by the predictions. The caller disposes them.
 *
 * Source: Girshick, arXiv 1504.08083, section 2.3, for one class with a sigmoid; IoU as label after Li et al., arXiv
 * 2006.04388, section 3.1, without its focal weight.
 */
export function roiLosses(
  { roiLogits, roiDeltas }: RoiPredictions,
  { rois, valid, labels, matchedBoxes, iou }: RoiTargets,
  { positiveLabel, ...regression }: RoiLossOptions,
): { classes: tf.Scalar; boxes: tf.Scalar } {
  return tf.tidy(() => {
    const count = tf.maximum(tf.sum(valid), 1);
    const wanted = positiveLabel === 'iou' ? tf.mul(labels, iou) : labels;
    const boxes = { deltas: roiDeltas, anchors: rois, targets: matchedBoxes, weights: labels };
    return {
      classes: tf.div<tf.Scalar>(sigmoidCrossEntropy(roiLogits, wanted, valid), count),
      boxes: tf.div<tf.Scalar>(regressionLoss(boxes, regression), count),
    };
  });
}
