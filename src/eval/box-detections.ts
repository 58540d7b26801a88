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

/** Figures of detections at one threshold. */
export interface BoxThresholdFigures {
  /** IoU; a hit is at or above it, as in COCO. */
  readonly threshold: number;
  /** Average precision; null where there is no true box. */
  readonly averagePrecision: number | null;
  /** Share of the true boxes that are hit; null where there is none. */
  readonly recall: number | null;
}

export interface BoxFigures {
  /** The surest detections of each image that count; null for all. */
  readonly maxDetections: number | null;
  readonly gtCount: number;
  readonly predCount: number;
  /** Mean over thresholds; null where there is no true box. */
  readonly averagePrecision: number | null;
  /** Mean over thresholds; null where there is no true box. */
  readonly recall: number | null;
  readonly perThreshold: readonly BoxThresholdFigures[];
}

/** What recall is reported for: an image of the DSB2018 training set has at most 375 nuclei, a slide tile far more. */
export const recallDetections = [100, 300, 1000] as const;

/** COCO reads the precision at 101 recalls, 0, 0.01 ... 1. */
const recallSteps = 100;

/**
 * Box AP and recall in the way of COCO, which is *not* the score of the Data Science Bowl: detections are ranked over
 * all images, hits are IoU >= threshold, and a detection takes the untaken true box with which its IoU is highest; of
 * equals the last. Equal scores keep the order of images and detections.
 *
 * @param maxDetections Only this many of each image count, the surest first; null for no cap.
 * @throws {RangeError} If the numbers of boxes and scores do not fit.
 *
 * Source: COCO's evaluation as pycocotools does it, without crowds and size ranges.
 */
export function evaluateBoxes(
  images: readonly BoxDetections[],
  { maxDetections }: { readonly maxDetections: number | null },
): BoxFigures {
  const perImage = images.map((image) => rankHits(image, maxDetections));
  const gtCount = perImage.reduce((sum, image) => sum + image.gtCount, 0);
  const ranked = perImage.flatMap(({ detections }) => detections);
  // Stable: equal scores stay in the order of the images.
  ranked.sort((one, other) => other.score - one.score);
  const perThreshold = iouPercents.map((percent, index): BoxThresholdFigures => {
    const hits = ranked.map(({ hitAt }) => hitAt[index]!);
    return {
      threshold: percent / 100,
      averagePrecision: gtCount === 0 ? null : averagePrecision(hits, gtCount),
      recall: gtCount === 0 ? null : hits.filter(Boolean).length / gtCount,
    };
  });
  const mean = (value: (figures: BoxThresholdFigures) => number | null) =>
    gtCount === 0 ? null : perThreshold.reduce((sum, each) => sum + value(each)!, 0) / perThreshold.length;
  return {
    maxDetections,
    gtCount,
    predCount: ranked.length,
    averagePrecision: mean((each) => each.averagePrecision),
    recall: mean((each) => each.recall),
    perThreshold,
  };
}

interface RankedDetection {
  readonly score: number;
  /** At each threshold. */
  readonly hitAt: readonly boolean[];
}

function rankHits({ gtBoxes, predBoxes, scores }: BoxDetections, maxDetections: number | null) {
  const gtCount = gtBoxes.length / 4;
  if (!Number.isInteger(gtCount) || predBoxes.length !== 4 * scores.length) {
    throw new RangeError(
      `Expected boxes [N, 4] and a score for each detection, received ${gtBoxes.length} and ${predBoxes.length} ` +
        `numbers and ${scores.length} scores`,
    );
  }
  const order = Array.from(scores.keys()).sort((one, other) => scores[other]! - scores[one]!);
  const kept = order.slice(0, maxDetections ?? order.length);
  const ious = kept.map((pred) =>
    Float64Array.from({ length: gtCount }, (_, gt) => boxIou(gtBoxes, gt, predBoxes, pred)),
  );
  const hits = iouPercents.map((percent) => matchGreedily(ious, percent / 100));
  const detections = kept.map((pred, rank): RankedDetection => ({
    score: scores[pred]!,
    hitAt: hits.map((hit) => hit[rank]!),
  }));
  return { gtCount, detections };
}

/** Whether each detection, in order, finds a true box that none before it has taken. */
function matchGreedily(ious: readonly Float64Array[], threshold: number): boolean[] {
  const taken = new Set<number>();
  return ious.map((ofDetection) => {
    let best = -1;
    let highest = threshold;
    ofDetection.forEach((iou, gt) => {
      if (iou < highest || taken.has(gt)) return;
      highest = iou;
      best = gt;
    });
    if (best >= 0) taken.add(best);
    return best >= 0;
  });
}

/** Mean over 101 recalls of the highest precision at that recall or a higher one; 0 beyond the last. */
function averagePrecision(hits: readonly boolean[], gtCount: number): number {
  const recalls: number[] = [];
  const precisions: number[] = [];
  let truePositives = 0;
  hits.forEach((hit, index) => {
    if (hit) truePositives++;
    recalls.push(truePositives / gtCount);
    precisions.push(truePositives / (index + 1));
  });
  for (let index = precisions.length - 2; index >= 0; index--) {
    precisions[index] = Math.max(precisions[index]!, precisions[index + 1]!);
  }
  let sum = 0;
  let index = 0;
  for (let step = 0; step <= recallSteps; step++) {
    while (index < recalls.length && recalls[index]! < step / recallSteps) index++;
    sum += precisions[index] ?? 0;
  }
  return sum / (recallSteps + 1);
}

/** Intersection over union of two boxes; 0 where both are empty. */
function boxIou(gtBoxes: Float32Array, gt: number, predBoxes: Float32Array, pred: number): number {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = gtBoxes.subarray(4 * gt, 4 * gt + 4);
  const [u1 = 0, v1 = 0, u2 = 0, v2 = 0] = predBoxes.subarray(4 * pred, 4 * pred + 4);
  const width = Math.max(0, Math.min(x2, u2) - Math.max(x1, u1));
  const height = Math.max(0, Math.min(y2, v2) - Math.max(y1, v1));
  const union = (x2 - x1) * (y2 - y1) + (u2 - u1) * (v2 - v1) - width * height;
  return union === 0 ? 0 : (width * height) / union;
}
