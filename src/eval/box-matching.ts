import { boxAt, boxIou } from '../data/geometry/box.js';
import { iouPercents } from './match-instances.js';

/** The boxes of one image. N true boxes, D detections. */
export interface BoxDetections {
  /** `[N, 4]` xyxy, px, half-open. */
  readonly gtBoxes: Float32Array;
  /** `[D, 4]` xyxy, px, half-open. */
  readonly predBoxes: Float32Array;
  /** `[D]`, any scale that is the same in all images. */
  readonly scores: Float32Array;
}

/** Which detection is matched to each true box of an image. T = 10 thresholds, {@link iouPercents}. */
export interface MatchedBoxes {
  readonly gtCount: number;
  /** `[D]` highest first; the index is the rank of the detection. Equal scores keep the order of the detections. */
  readonly scores: Float32Array;
  /** `[T]` of `[N]`: the rank of the detection matched to the true box at this threshold; -1 where there is none. */
  readonly matchedRanks: readonly Int32Array[];
}

/** A true box that a detection overlaps enough. */
interface Overlap {
  readonly gt: number;
  readonly iou: number;
}

/**
 * Matches as COCO does: in descending order of scores, each detection gets the unmatched true box with which its IoU is
 * highest, if that is at or above the threshold; of equal ones the last. A match depends only on higher-scoring
 * detections, so a cap on detections is a cap on ranks.
 *
 * @throws {RangeError} If the numbers of boxes and scores do not fit.
 */
export function matchDetections({ gtBoxes, predBoxes, scores }: BoxDetections): MatchedBoxes {
  const gtCount = gtBoxes.length / 4;
  if (!Number.isInteger(gtCount) || predBoxes.length !== 4 * scores.length) {
    throw new RangeError(
      `Expected boxes [N, 4] and a score for each detection, received ${gtBoxes.length} and ${predBoxes.length} ` +
        `numbers and ${scores.length} scores`,
    );
  }
  const order = Uint32Array.from(scores.keys()).sort(
    (one, other) => scores[other]! - scores[one]! || one - other,
  );
  const lowest = iouPercents[0] / 100;
  const truth = Array.from({ length: gtCount }, (_, gt) => boxAt(gtBoxes, gt));
  const overlaps = Array.from(order, (pred) => {
    const found: Overlap[] = [];
    const box = boxAt(predBoxes, pred);
    truth.forEach((gtBox, gt) => {
      const iou = boxIou(gtBox, box);
      if (iou >= lowest) found.push({ gt, iou });
    });
    return found;
  });
  return {
    gtCount,
    scores: Float32Array.from(order, (pred) => scores[pred]!),
    matchedRanks: iouPercents.map((percent) => matchGreedily(overlaps, gtCount, percent / 100)),
  };
}

function matchGreedily(
  overlaps: readonly (readonly Overlap[])[],
  gtCount: number,
  threshold: number,
): Int32Array {
  const ranks = new Int32Array(gtCount).fill(-1);
  overlaps.forEach((ofDetection, rank) => {
    let best = -1;
    let highest = threshold;
    for (const { gt, iou } of ofDetection) {
      if (iou < highest || ranks[gt] !== -1) continue;
      highest = iou;
      best = gt;
    }
    if (best !== -1) ranks[best] = rank;
  });
  return ranks;
}
