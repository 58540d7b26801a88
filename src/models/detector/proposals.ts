import { gatherPerImage } from '../../ops/gather-per-image.js';
import { stopGradient } from '../../ops/stop-gradient.js';
import { tf } from '../../tf.js';
import { anchorBoxes, type AnchorGrid } from './anchors.js';
import { type BoxWeights, clipBoxes, decodeBoxes } from './box-coder.js';
import type { RpnPredictions } from './rpn-loss.js';
import { suppressPerImage } from './suppression.js';

export interface ProposalOptions {
  /** Number of anchors with the highest scores that go into the suppression; fewer if there are fewer. */
  readonly preNmsTopK: number;
  /** R: maximum number of proposals; R is less if fewer anchors go into the suppression. */
  readonly postNmsTopK: number;
  /** IoU above which the proposal with the lower score is dropped. */
  readonly nmsThreshold: number;
  /** Least width and height inside of the crop, px. */
  readonly minBoxSize: number;
  readonly boxWeights: BoxWeights;
}

/** Where nuclei may be, by falling score. N = images, R = room. */
export interface Proposals {
  /** `[N, R, 4]` `xyxy` px, inside of the crop; 0 where there is none. */
  readonly rois: tf.Tensor3D;
  /** `[N, R]` float32, probability of a nucleus; 0 where there is none. */
  readonly scores: tf.Tensor2D;
  /** `[N, R]` float32, 1 or 0. */
  readonly valid: tf.Tensor2D;
}

/**
 * The proposals: the best boxes of the RPN. No gradient flows through them.
 *
 * @returns The caller disposes it.
 *
 * Source: Ren et al., arXiv 1506.01497, section 3.3. The best of all levels of a pyramid are taken together; detectron2
 * takes the best of each level.
 */
export function makeProposals(
  { objectnessLogits, deltas }: RpnPredictions,
  grid: AnchorGrid,
  { preNmsTopK, postNmsTopK, boxWeights, ...suppression }: ProposalOptions,
): Proposals {
  return tf.tidy(() => {
    const most = Math.min(preNmsTopK, objectnessLogits.shape[1]);
    const { values, indices: best } = tf.topk(stopGradient(objectnessLogits), most);
    const anchors = gatherPerImage(anchorBoxes(grid).expandDims<tf.Tensor3D>(0), best);
    const decoded = decodeBoxes(gatherPerImage(stopGradient(deltas), best), anchors, boxWeights);
    const boxes = clipBoxes(decoded as tf.Tensor3D, grid.size);
    // By logits, because probabilities near 1 become equal in float32.
    const kept = suppressPerImage(boxes, values, {
      ...suppression,
      topK: postNmsTopK,
      scoreThreshold: -Infinity,
    });
    return {
      rois: kept.boxes,
      scores: tf.mul<tf.Tensor2D>(tf.sigmoid(kept.scores), kept.valid),
      valid: kept.valid,
    };
  });
}
