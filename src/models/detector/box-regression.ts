import { tf } from '../../tf.js';
import { type BoxWeights, decodeBoxes, encodeBoxes } from './box-coder.js';
import { giouLoss, smoothL1 } from './losses.js';

/** How boxes are regressed from anchors or rois. */
export interface BoxRegression {
  /** Smooth L1 of the deltas, as in the paper, or GIoU of the boxes. */
  readonly boxLoss: { readonly kind: 'smooth-l1'; readonly beta: number } | { readonly kind: 'giou' };
  readonly boxWeights: BoxWeights;
}

/** Boxes predicted as deltas, and their targets. N = images, K = boxes of an image. */
export interface PredictedBoxes {
  /** `[N, K, 4]`; a gradient flows through them. */
  readonly deltas: tf.Tensor3D;
  /** `[N, K, 4]`, or `[1, K, 4]` for all images, `xyxy` px: the boxes to which the deltas apply. */
  readonly anchors: tf.Tensor3D;
  /** `[N, K, 4]` `xyxy` px; not used where the weight is 0. */
  readonly targets: tf.Tensor3D;
  /** `[N, K]` float32. */
  readonly weights: tf.Tensor2D;
}

/** @returns The weighted sum of the boxes' losses, a scalar. The caller disposes it. */
export function regressionLoss(
  { deltas, anchors, targets, weights }: PredictedBoxes,
  { boxLoss, boxWeights }: BoxRegression,
): tf.Scalar {
  return tf.tidy(() =>
    boxLoss.kind === 'giou'
      ? giouLoss(decodeBoxes(deltas, anchors, boxWeights), targets, weights)
      : smoothL1(deltas, encodeBoxes(targets, anchors, boxWeights), weights.expandDims(2), boxLoss),
  );
}
