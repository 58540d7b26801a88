import { boxAt, boxIou } from '../data/geometry/box.js';
import { iouPercents } from './match-instances.js';

/** The boxes of one image. N true boxes, D detections. */
export interface BoxDetections {
  /** `[N, 4]` xyxy, px, half-open. */
  readonly gtBoxes: Float32Array;
  /** `[D, 4]` xyxy, px, half-open. */
  readonly predBoxes: Float32Array;
  /** `[D]` higher is surer; any scale, the same in all images. */
  readonly scores: Float32Array;
}

/** Who takes which true box of an image. T = 10 thresholds, {@link iouPercents}. */
export interface MatchedBoxes {
  readonly gtCount: number;
  /** `[D]` the surest first; its index is the detection's rank. Equal scores keep the order of the detections. */
  readonly scores: Float32Array;
  /** `[T]` of `[N]`: the rank of the detection that takes the true box at this threshold; -1 where none does. */
  readonly matchedRanks: readonly Int32Array[];
}

/** A true box that a detection may take. */
interface Candidate {
  readonly gt: number;
  readonly iou: number;
}

/**
 * Matches in the way of COCO: the surest detection first, each takes the untaken true box with which its IoU is
 * highest, if that is at or above the threshold; of equals the last. What a detection takes depends on the surer ones
 * alone, so a cap on detections is a cap on ranks.
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
  const candidates = Array.from(order, (pred) => {
    const found: Candidate[] = [];
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
    matchedRanks: iouPercents.map((percent) => matchGreedily(candidates, gtCount, percent / 100)),
  };
}

function matchGreedily(
  candidates: readonly (readonly Candidate[])[],
  gtCount: number,
  threshold: number,
): Int32Array {
  const takers = new Int32Array(gtCount).fill(-1);
  candidates.forEach((ofDetection, rank) => {
    let best = -1;
    let highest = threshold;
    for (const { gt, iou } of ofDetection) {
      if (iou < highest || takers[gt] !== -1) continue;
      highest = iou;
      best = gt;
    }
    if (best !== -1) takers[best] = rank;
  });
  return takers;
}
