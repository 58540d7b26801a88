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
  readonly takers: readonly Int32Array[];
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
export function matchBoxes({ gtBoxes, predBoxes, scores }: BoxDetections): MatchedBoxes {
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
  const candidates = Array.from(order, (pred) => {
    const found: Candidate[] = [];
    for (let gt = 0; gt < gtCount; gt++) {
      const iou = boxIou(gtBoxes, gt, predBoxes, pred);
      if (iou >= lowest) found.push({ gt, iou });
    }
    return found;
  });
  return {
    gtCount,
    scores: Float32Array.from(order, (pred) => scores[pred]!),
    takers: iouPercents.map((percent) => matchGreedily(candidates, gtCount, percent / 100)),
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

/** Intersection over union of two boxes; 0 where both are empty. */
export function boxIou(gtBoxes: Float32Array, gt: number, predBoxes: Float32Array, pred: number): number {
  const [i, j] = [4 * gt, 4 * pred];
  const [x1, y1, x2, y2] = [gtBoxes[i]!, gtBoxes[i + 1]!, gtBoxes[i + 2]!, gtBoxes[i + 3]!];
  const [u1, v1, u2, v2] = [predBoxes[j]!, predBoxes[j + 1]!, predBoxes[j + 2]!, predBoxes[j + 3]!];
  const width = Math.max(0, Math.min(x2, u2) - Math.max(x1, u1));
  const height = Math.max(0, Math.min(y2, v2) - Math.max(y1, v1));
  const union = (x2 - x1) * (y2 - y1) + (u2 - u1) * (v2 - v1) - width * height;
  return union === 0 ? 0 : (width * height) / union;
}
