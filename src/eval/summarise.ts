import type { ErrorCounts } from './error-kinds.js';
import type { ImageEvaluation } from './evaluate-image.js';
import { sumCounts, type HitCounts } from './instance-counts.js';
import { iouPercents } from './match-instances.js';
import { metricsOfSet, type MetricValues } from './metrics/metrics.js';
import { jaccard } from './metrics/score.js';
import { thresholdValues, type ThresholdCounts, type ThresholdValues } from './metrics/threshold-metrics.js';
import { sizeClasses, type SizeClass } from './size-classes.js';

/** Counts and metrics of the instances of all images together at one threshold. */
export interface ThresholdMetrics extends ThresholdCounts, ThresholdValues {
  /** IoU, 0.5 to 0.95; a hit is above it. */
  readonly threshold: number;
}

/** Counts and metrics of a set of images. */
export interface Summary extends MetricValues {
  readonly imageCount: number;
  readonly gtCount: number;
  readonly predCount: number;
  /** Images where truth and prediction are both empty; they score 1. */
  readonly bothEmptyCount: number;
  /** As {@link ThresholdMetrics}; `score` is the mean over images of TP / (TP + FP + FN), not their pool. */
  readonly perThreshold: readonly (ThresholdMetrics & { readonly score: number })[];
  readonly errors: ErrorCounts;
}

/** Counts and metrics of the instances of one size class, all images together. */
export interface SizeClassSummary extends SizeClass {
  readonly gtCount: number;
  readonly predCount: number;
  readonly perThreshold: readonly ThresholdMetrics[];
  readonly errors: ErrorCounts;
}

/** All counts and metrics of one set of predictions. */
export interface Evaluation extends Summary {
  /** IoU, as in `perThreshold` and in the `tp`, `fp` and `fn` of the images. */
  readonly thresholds: readonly number[];
  /** In ascending order of their names; empty where no image has one. */
  readonly clusters: readonly (Summary & { readonly cluster: string })[];
  /** In the order of {@link sizeClasses}. */
  readonly sizeClasses: readonly SizeClassSummary[];
  readonly images: readonly ImageEvaluation[];
}

/**
 * Summarises the images of one set of predictions.
 *
 * @throws {RangeError} If there is no image.
 */
export function summarise(images: readonly ImageEvaluation[]): Evaluation {
  const names = [...new Set(images.flatMap(({ cluster }) => cluster ?? []))].sort();
  return {
    ...summariseSet(images),
    thresholds: iouPercents.map((percent) => percent / 100),
    clusters: names.map((cluster) => ({
      cluster,
      ...summariseSet(images.filter((image) => image.cluster === cluster)),
    })),
    sizeClasses: sizeClasses.map((sizeClass, index) => {
      const counts = sumCounts(images.map((image) => image.sizeClasses[index]!));
      const { gtCount, predCount, errors } = counts;
      return { ...sizeClass, gtCount, predCount, perThreshold: poolThresholds(counts), errors };
    }),
    images,
  };
}

function summariseSet(images: readonly ImageEvaluation[]): Summary {
  if (images.length === 0) throw new RangeError('Expected at least one image to summarise');
  const counts = sumCounts(images);
  const meanScore = (index: number) =>
    images.reduce((sum, { tp, fp, fn }) => sum + jaccard(tp[index]!, fp[index]!, fn[index]!), 0) /
    images.length;
  return {
    imageCount: images.length,
    gtCount: counts.gtCount,
    predCount: counts.predCount,
    bothEmptyCount: images.filter(({ gtCount, predCount }) => gtCount + predCount === 0).length,
    ...metricsOfSet(images),
    perThreshold: poolThresholds(counts).map((pooled, index) => ({ ...pooled, score: meanScore(index) })),
    errors: counts.errors,
  };
}

function poolThresholds({ tp, fp, fn }: HitCounts): ThresholdMetrics[] {
  return iouPercents.map((percent, index) => {
    const counts = { tp: tp[index]!, fp: fp[index]!, fn: fn[index]! };
    return { threshold: percent / 100, ...counts, ...thresholdValues(counts) };
  });
}
