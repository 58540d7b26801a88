/** Training targets of the second stage. N = images, P = proposals of an image, M = room for gtBoxes, R = sampled rois. */
import { gatherPerImage } from '../../ops/gather-per-image.js';
import { stopGradient } from '../../ops/stop-gradient.js';
import { tf } from '../../tf.js';
import { pairwiseDice } from './box-overlap.js';
import { areIgnored } from './ignored.js';
import { matchBoxes } from './matcher.js';
import type { Proposals } from './proposals.js';
import { type GroundTruth, withoutPadding } from './ground-truth.js';
import { sampleBalanced, type SampleOptions } from './sampler.js';

export interface RoiSampleOptions extends SampleOptions {
  /** IoU with a gtBox from which on a roi is positive; below it is negative. */
  readonly positiveIou: number;
}

/** Sampled rois and their targets; all 0 where `valid` is 0. */
export interface RoiTargets {
  /** `[N, R, 4]` `xyxy` px, positives first. */
  readonly rois: tf.Tensor3D;
  /** `[N, R]` float32, 1 or 0: fewer than R are sampled if there are not enough. */
  readonly valid: tf.Tensor2D;
  /** `[N, R]` float32, 1 = a nucleus, 0 = background. */
  readonly labels: tf.Tensor2D;
  /** `[N, R, 4]` `xyxy` px: the gtBox that each roi overlaps most; undefined where the label is 0. */
  readonly matchedBoxes: tf.Tensor3D;
  /** `[N, R]` float32: the IoU with it. */
  readonly iou: tf.Tensor2D;
}

/**
 * Samples the rois on which the second stage is trained from the proposals and the gtBoxes; the latter give positives from
 * the first step on.
 *
 * Rois whose centre is unreviewed are left out unless they are positive.
 *
 * @param random `[N, P + M]` float32, uniform in [0, 1).
 * @returns No gradient flows through it. The caller disposes it.
 *
 * Source: Girshick, arXiv 1504.08083, section 2.3; the gtBoxes among the rois as in detectron2.
 */
export function sampleRois(
  { rois, valid }: Pick<Proposals, 'rois' | 'valid'>,
  truth: GroundTruth,
  random: tf.Tensor2D,
  { positiveIou, ...sampling }: RoiSampleOptions,
): RoiTargets {
  return tf.tidy(() => {
    const gtBoxes = withoutPadding(truth);
    const allRois = tf.concat([stopGradient(rois), gtBoxes], 1);
    const isRoi = tf.concat([stopGradient(valid), truth.gtValid], 1);
    const tables = tf.unstack(pairwiseDice(allRois, gtBoxes)).map((table) => [table as tf.Tensor2D]);
    const match = { positiveIou, negativeIou: positiveIou, forceBest: false };
    const { matched, labels, iou } = matchBoxes(tables, areIgnored(allRois, truth.ignore), match);
    // Labels of padding become -1.
    const allLabels = tf.add(labels, 1).mul(isRoi).sub<tf.Tensor2D>(1);
    const sample = sampleBalanced(allLabels, random, sampling);
    const isDrawn = sample.valid.expandDims(2);
    const ofSample = <T extends tf.Tensor>(x: T) => gatherPerImage(x, sample.indices);
    return {
      rois: tf.mul<tf.Tensor3D>(ofSample(allRois), isDrawn),
      valid: sample.valid,
      labels: sample.isPositive,
      matchedBoxes: tf.mul<tf.Tensor3D>(gatherPerImage(gtBoxes, ofSample(matched)), isDrawn),
      iou: tf.mul<tf.Tensor2D>(ofSample(iou), sample.valid),
    };
  });
}
