import type { SegmenterConfig } from '../../config/segmenter.js';
import type { LossParts } from '../../ops/gradients.js';
import { tf } from '../../tf.js';
import { pixelClasses } from './network.js';
import type { SegmenterTargets } from './targets.js';

/** The parts of the loss, in the order of display. */
export const segmenterLossNames = ['crossEntropy', 'bodyDice', 'borderDice'] as const;

/** px, added to numerator and denominator of Dice, for crops without pixels of a class (DSB2018 1st place: 1e-3). */
const smooth = 1;

/**
 * The loss of logits: the weighted sum of `crossEntropy`, `bodyDice` and `borderDice`.
 *
 * Pixels of weight 0 are left out of all parts; the Dice parts ignore other weights.
 *
 * @param logits `[N, S, S, C]`, C = {@link pixelClasses}.
 * @returns Scalars; the caller disposes them.
 *
 * Source: DSB2018 1st place (0.6 cross-entropy + 0.2 Dice of the body + 0.2 Dice of the border).
 */
export function segmenterLosses(
  logits: tf.Tensor4D,
  { classes, weights }: SegmenterTargets,
  factors: SegmenterConfig['loss'],
): LossParts {
  return tf.tidy(() => {
    const logProbabilities = tf.logSoftmax(logits);
    const counted = tf.greater(weights, 0).toFloat();
    const [, body, border] = byClass(tf.exp(logProbabilities).mul(counted));
    const [, trueBody, trueBorder] = byClass(classes.mul(counted));
    const parts = {
      crossEntropy: crossEntropy(logProbabilities, { classes, weights }),
      bodyDice: tf.mean<tf.Scalar>(diceLoss(body!, trueBody!, [1, 2, 3])),
      // Over the whole batch, since most crops have no border between nuclei.
      borderDice: diceLoss(border!, trueBorder!).asScalar(),
    };
    const weighted = segmenterLossNames.map((name) => parts[name].mul<tf.Scalar>(factors[name]));
    return { loss: tf.addN(weighted), ...parts };
  });
}

/** Mean of -log p of the true class, weighted per pixel, nats; 0 if all weights are 0. */
function crossEntropy(logProbabilities: tf.Tensor, { classes, weights }: SegmenterTargets): tf.Scalar {
  const all = tf.sum(tf.mul(tf.neg(tf.sum(tf.mul(logProbabilities, classes), 3, true)), weights));
  return tf.div<tf.Scalar>(all, tf.maximum(tf.sum(weights), 1));
}

/**
 * 1 - Dice of probabilities and a true map, summed over `axes`.
 *
 * Source: Milletari et al., arXiv 1606.04797, with sums instead of squares in the denominator.
 */
function diceLoss(probabilities: tf.Tensor, truth: tf.Tensor, axes?: number[]): tf.Tensor {
  const both = tf.sum(tf.mul(probabilities, truth), axes).mul(2).add(smooth);
  const either = tf.add(tf.sum(probabilities, axes), tf.sum(truth, axes)).add(smooth);
  return tf.sub(1, tf.div(both, either));
}

/** One map `[N, S, S, 1]` for each of {@link pixelClasses}. */
const byClass = (maps: tf.Tensor): tf.Tensor[] => tf.split(maps, pixelClasses.length, 3);
