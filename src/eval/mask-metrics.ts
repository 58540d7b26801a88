import { exceedsIou, iouPercents } from './match-instances.js';

/** Overlap of a predicted mask with the mask of its nucleus. */
export interface MaskOverlap {
  /** px. */
  readonly intersection: number;
  /** px; 0 where both are empty. */
  readonly union: number;
}

/** Metrics of masks predicted in given boxes, each for one nucleus. */
export interface MaskMetrics {
  readonly count: number;
  /** Mean IoU; null without a nucleus. An empty pair has IoU 0. */
  readonly meanIou: number | null;
  /** Fraction of IoUs above each of {@link iouPercents}; null without a nucleus. */
  readonly above: readonly (number | null)[];
  /** Mean of `above`, the mask score: the challenge score if every nucleus had exactly one box and no box were wrong. */
  readonly score: number | null;
}

/** Summarises masks; every nucleus counts the same. */
export function maskMetrics(overlaps: readonly MaskOverlap[]): MaskMetrics {
  const count = overlaps.length;
  const mean = (sum: number) => (count === 0 ? null : sum / count);
  const hits = iouPercents.map(
    (percent) => overlaps.filter((overlap) => exceedsIou({ gt: 0, pred: 0, ...overlap }, percent)).length,
  );
  const ious = overlaps.map(({ intersection, union }) => (union === 0 ? 0 : intersection / union));
  return {
    count,
    meanIou: mean(ious.reduce((sum, iou) => sum + iou, 0)),
    above: hits.map(mean),
    score: mean(hits.reduce((sum, hit) => sum + hit, 0) / iouPercents.length),
  };
}
