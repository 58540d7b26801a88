/** Losses of the detector: each returns the weighted sum over its elements; the caller divides by a count. */
import { relu } from '../../ops/relu.js';
import { tf } from '../../tf.js';

/**
 * Cross-entropy of probabilities sigmoid(logits).
 *
 * @param logits Float32 of any shape, as are the others.
 * @param labels From 0 to 1.
 * @returns A scalar. The caller disposes it.
 */
export function sigmoidCrossEntropy(logits: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor): tf.Scalar {
  // -y log p - (1 - y) log(1 - p) with p = sigmoid(z), without overflow.
  return tf.tidy(() => weightedSum(tf.sub(tf.softplus(logits), tf.mul(logits, labels)), weights));
}

export interface FocalOptions {
  /** Weight of the positives, from 0 to 1; that of the negatives is 1 - alpha. */
  readonly alpha: number;
  /** Focusing exponent: the larger, the less well-classified elements count; 0 = cross-entropy. */
  readonly gamma: number;
}

/**
 * Focal loss: cross-entropy in which easy elements count little, so that no negatives have to be left out.
 *
 * @param labels 0 or 1.
 * @returns A scalar. The caller disposes it.
 *
 * Source: Lin et al., arXiv 1708.02002, equation 5.
 */
export function focalLoss(
  logits: tf.Tensor,
  labels: tf.Tensor,
  weights: tf.Tensor,
  { alpha, gamma }: FocalOptions,
): tf.Scalar {
  return tf.tidy(() => {
    // The logit of the correct class.
    const right = tf.mul(logits, labels.mul(2).sub(1));
    const entropy = tf.softplus(tf.neg(right));
    // (1 - p)^gamma, since log(1 - sigmoid(z)) = -softplus(z).
    const focus = tf.exp(tf.softplus(right).mul(-gamma));
    const balance = labels.mul(2 * alpha - 1).add(1 - alpha);
    return weightedSum(tf.mul(focus, entropy), tf.mul(weights, balance));
  });
}

/**
 * Quadratic up to `beta`, linear beyond: d² / (2 beta), |d| - beta / 2.
 *
 * @param beta Greater than 0.
 * @returns A scalar, with a gradient by `predictions`. The caller disposes it.
 *
 * Source: Girshick, arXiv 1504.08083, equation 3, with detectron2's beta.
 */
export function smoothL1(
  predictions: tf.Tensor,
  targets: tf.Tensor,
  weights: tf.Tensor,
  { beta }: { readonly beta: number },
): tf.Scalar {
  return tf.tidy(() => {
    const difference = tf.sub(predictions, targets);
    const limited = tf.clipByValue(difference, -beta, beta);
    // c (d - c / 2) / beta with c the clipped d covers both cases.
    const loss = tf.mul(limited, tf.sub(difference, limited.mul(0.5))).mul(1 / beta);
    return weightedSum(loss, weights);
  });
}

/**
 * 1 - GIoU of each box with its target: 0 for equal boxes, up to 2 for boxes far apart.
 *
 * @param boxes `[..., 4]` `xyxy` px, x1 <= x2 and y1 <= y2.
 * @param targets Likewise.
 * @param weights `[...]`.
 * @returns A scalar, with a gradient by `boxes`. The caller disposes it.
 *
 * Source: Rezatofighi et al., arXiv 1902.09630, algorithm 1.
 */
export function giouLoss(boxes: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor): tf.Scalar {
  return tf.tidy(() => {
    const [low, high] = tf.split(boxes, 2, -1) as [tf.Tensor, tf.Tensor];
    const [targetLow, targetHigh] = tf.split(targets, 2, -1) as [tf.Tensor, tf.Tensor];
    const shared = area(relu(tf.sub(tf.minimum(high, targetHigh), tf.maximum(low, targetLow))));
    const hull = area(tf.sub(tf.maximum(high, targetHigh), tf.minimum(low, targetLow)));
    const areas = tf.add(area(tf.sub(high, low)), area(tf.sub(targetHigh, targetLow)));
    const union = tf.sub(areas, shared);
    // 1 - (IoU - (hull - union) / hull)
    const giou = tf.add(tf.div(shared, union.maximum(leastArea)), tf.div(union, hull.maximum(leastArea)));
    return weightedSum(tf.sub(2, giou), weights.expandDims(-1));
  });
}

/** px², avoids a division by 0 for two empty boxes, which occur only in padding. */
const leastArea = 1e-6;

/** `[..., 2]` to `[..., 1]`. */
function area(sides: tf.Tensor): tf.Tensor {
  const [width, height] = tf.split(sides, 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.mul(width, height);
}

const weightedSum = (losses: tf.Tensor, weights: tf.Tensor) => tf.sum<tf.Scalar>(tf.mul(losses, weights));
