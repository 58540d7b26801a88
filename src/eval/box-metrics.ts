import type { MatchedBoxes } from './box-matching.js';
import { iouPercents } from './match-instances.js';

/** Metrics of detections at one threshold. */
export interface BoxThresholdMetrics {
  /** IoU; a hit is at or above it, as in COCO. */
  readonly threshold: number;
  /** Average precision; null where there is no true box. */
  readonly averagePrecision: number | null;
  /** Fraction of the true boxes that are hit; null where there is none. */
  readonly recall: number | null;
}

export interface BoxMetrics {
  /** How many detections of each image count, the highest-scoring ones; null for all. */
  readonly maxDetections: number | null;
  readonly gtCount: number;
  readonly predCount: number;
  /** Mean over thresholds; null where there is no true box. */
  readonly averagePrecision: number | null;
  /** Mean over thresholds; null where there is no true box. */
  readonly recall: number | null;
  /** At the ten thresholds 0.5 to 0.95. */
  readonly perThreshold: readonly BoxThresholdMetrics[];
}

/** COCO takes the precision at 101 recalls, 0, 0.01 ... 1. */
const recallSteps = 100;

/**
 * COCO-style AP and recall of boxes, which is *not* the challenge score: detections are ranked over all images, and hits
 * are IoU >= threshold. Equal scores keep the order of images and detections.
 *
 * @param maxDetections Only this many of each image count, the highest-scoring ones; null for all.
 *
 * Source: COCO's evaluation as pycocotools does it, without crowds and size ranges.
 */
export function boxMetrics(images: readonly MatchedBoxes[], maxDetections: number | null): BoxMetrics {
  const cap = maxDetections ?? Infinity;
  const gtCount = images.reduce((sum, image) => sum + image.gtCount, 0);
  const ranked = rankAll(images, cap);
  const perThreshold = iouPercents.map((percent, index): BoxThresholdMetrics => {
    const hits = new Uint8Array(ranked.count);
    let found = 0;
    for (const [image, { matchedRanks }] of images.entries()) {
      for (const rank of matchedRanks[index]!) {
        if (rank === -1 || rank >= cap) continue;
        hits[ranked.positions[image]![rank]!] = 1;
        found++;
      }
    }
    return {
      threshold: percent / 100,
      averagePrecision: gtCount === 0 ? null : averagePrecision(hits, gtCount),
      recall: gtCount === 0 ? null : found / gtCount,
    };
  });
  const mean = (value: (metrics: BoxThresholdMetrics) => number | null) =>
    gtCount === 0 ? null : perThreshold.reduce((sum, each) => sum + value(each)!, 0) / perThreshold.length;
  return {
    maxDetections,
    gtCount,
    predCount: ranked.count,
    averagePrecision: mean((each) => each.averagePrecision),
    recall: mean((each) => each.recall),
    perThreshold,
  };
}

/** The position of each detection of each image among those of all images, highest score first. */
function rankAll(images: readonly MatchedBoxes[], cap: number) {
  const kept = images.map(({ scores }) => scores.subarray(0, Math.min(cap, scores.length)));
  const starts: number[] = [];
  let count = 0;
  for (const { length } of kept) {
    starts.push(count);
    count += length;
  }
  const scores = new Float32Array(count);
  kept.forEach((ofImage, image) => scores.set(ofImage, starts[image]));
  const order = Uint32Array.from(scores.keys()).sort(
    (one, other) => scores[other]! - scores[one]! || one - other,
  );
  const positionOf = new Uint32Array(count);
  order.forEach((detection, position) => (positionOf[detection] = position));
  const positions = kept.map(({ length }, image) =>
    positionOf.subarray(starts[image], starts[image]! + length),
  );
  return { count, positions };
}

/** Mean over 101 recalls of the highest precision at that recall or a higher one; 0 beyond the last. */
function averagePrecision(hits: Uint8Array, gtCount: number): number {
  const precisions = new Float64Array(hits.length);
  const found = new Uint32Array(hits.length);
  let truePositives = 0;
  for (let index = 0; index < hits.length; index++) {
    truePositives += hits[index]!;
    found[index] = truePositives;
    precisions[index] = truePositives / (index + 1);
  }
  for (let index = hits.length - 2; index >= 0; index--) {
    precisions[index] = Math.max(precisions[index]!, precisions[index + 1]!);
  }
  let sum = 0;
  let index = 0;
  for (let step = 0; step <= recallSteps; step++) {
    while (index < hits.length && found[index]! / gtCount < step / recallSteps) index++;
    sum += precisions[index] ?? 0;
  }
  return sum / (recallSteps + 1);
}
