import { tf } from '../../tf.js';
import { sigmoidCrossEntropy } from './losses.js';

/**
 * Cross-entropy of the auxiliary maps, averaged over the reviewed part of the cells. From this dense supervision the
 * pyramid learns where nuclei are, earlier than from the anchors.
 *
 * @param logits `[N, s, s, 2]` of foreground and border.
 * @param targets `[N, s, s, 2]` from 0 to 1.
 * @param weights `[N, s, s]` from 0 to 1.
 * @returns A scalar with a gradient by the logits; 0 where nothing is reviewed. The caller disposes it.
 */
export function auxiliaryLoss(logits: tf.Tensor4D, targets: tf.Tensor4D, weights: tf.Tensor3D): tf.Scalar {
  return tf.tidy(() => {
    const count = tf.maximum(tf.sum(weights), 1);
    return tf.div(sigmoidCrossEntropy(logits, targets, weights.expandDims(3)), count);
  });
}
