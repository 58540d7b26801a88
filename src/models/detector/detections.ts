import { tf } from '../../tf.js';
import { type BoxWeights, clipBoxes, decodeBoxes } from './box-coder.js';
import type { RoiPredictions } from './roi-loss.js';
import type { Proposals } from './proposals.js';
import { type ImageSuppressionOptions, suppressPerImage } from './suppression.js';

export interface DetectionOptions extends Omit<ImageSuppressionOptions, 'topK'> {
  /** D: maximum number of detections of an image, which is a tile of a larger one. */
  readonly maxPerTile: number;
  /** Of the image in px. */
  readonly size: readonly [height: number, width: number];
  readonly boxWeights: BoxWeights;
  /**
   * Score = class probability ^ (1 - weight) * proposal score ^ weight; 0 = the second stage alone, as in the paper,
   * 0.5 = the geometric mean (Zhou et al., arXiv 2103.07461).
   */
  readonly proposalWeight: number;
}

/** Detected nuclei by falling score. N = images, D = room. */
export interface DetectionTensors {
  /** `[N, D, 4]` `xyxy` px, inside of the image; 0 where there is none. */
  readonly boxes: tf.Tensor3D;
  /** `[N, D]` float32 from 0 to 1; 0 where there is none. */
  readonly scores: tf.Tensor2D;
  /** `[N, D]` float32, 1 or 0. */
  readonly valid: tf.Tensor2D;
  /** `[N]` float32: number of detections for which there is no room. */
  readonly omitted: tf.Tensor1D;
}

/**
 * The detections: boxes and scores of the second stage for the proposals.
 *
 * @param options.maxPerTile D; D is less if there are fewer proposals.
 * @returns No gradient flows through it. The caller disposes it.
 */
export function makeDetections(
  { rois, scores: proposalScores, valid }: Proposals,
  { roiLogits, roiDeltas }: RoiPredictions,
  { size, boxWeights, proposalWeight, maxPerTile, ...suppression }: DetectionOptions,
): DetectionTensors {
  return tf.tidy(() => {
    const boxes = clipBoxes(decodeBoxes(roiDeltas, rois, boxWeights) as tf.Tensor3D, size);
    const mixed = tf.mul(
      tf.pow(tf.sigmoid(roiLogits), 1 - proposalWeight),
      tf.pow(proposalScores, proposalWeight),
    );
    const scores = tf.where(tf.equal(valid, 1), mixed, -Infinity) as tf.Tensor2D;
    const all = suppressPerImage(boxes, scores, { ...suppression, topK: rois.shape[1] });
    const room = Math.min(maxPerTile, rois.shape[1]);
    const upTo = <T extends tf.Tensor>(x: T) => tf.split(x, [room, rois.shape[1] - room], 1) as [T, T];
    const [found, left] = upTo(all.valid);
    return {
      boxes: upTo(all.boxes)[0],
      scores: upTo(all.scores)[0],
      valid: found,
      omitted: tf.sum<tf.Tensor1D>(left, 1),
    };
  });
}
