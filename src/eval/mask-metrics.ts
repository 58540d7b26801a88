import { exceedsIou, iouPercents } from './match-instances.js';

/** How far the mask of a nucleus and its truth agree. */
export interface MaskOverlap {
  /** px. */
  readonly intersection: number;
  /** px; 0 where both are empty. */
  readonly union: number;
}

/** Masks of nuclei whose boxes are given: a mean, and the shares that count as hits. */
export interface MaskMetrics {
  readonly count: number;
  /** Mean IoU; null without a nucleus. An empty pair has IoU 0. */
  readonly meanIou: number | null;
  /** Share of IoUs above each of {@link iouPercents}; null without a nucleus. */
  readonly above: readonly (number | null)[];
  /** Mean of `above`: what the score would be if every nucleus had one box and no box were wrong. */
  readonly score: number | null;
}

/** Sums up masks, one nucleus as much as another. */
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
