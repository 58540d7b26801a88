import type { ErrorCounts } from './error-kinds.js';
import { accuracy, sumCounts, type HitCounts, type ImageEvaluation } from './evaluate-image.js';
import { iouPercents } from './match-instances.js';
import { sizeClasses, type SizeClass } from './size-classes.js';

/** Figures of all images together at one threshold. */
export interface ThresholdMetrics {
  /** IoU, 0.5 to 0.95; a hit is above it. */
  readonly threshold: number;
  /** Instances of all images. */
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
  /** TP / (TP + FP) over the instances of all images; null where nothing is predicted. */
  readonly precision: number | null;
  /** TP / (TP + FN) over the instances of all images; null where there is no true instance. */
  readonly recall: number | null;
  /** 2 TP / (2 TP + FP + FN) over the instances of all images; 1 where there are none. */
  readonly f1: number;
}

/** Figures of a set of images. */
export interface Summary {
  readonly imageCount: number;
  readonly gtCount: number;
  readonly predCount: number;
  /** Images where truth and prediction are both empty; they score 1. */
  readonly bothEmptyCount: number;
  /** Mean of the images' scores. */
  readonly score: number;
  /** As {@link ThresholdMetrics}; `score` is the mean over images of TP / (TP + FP + FN), not their pool. */
  readonly perThreshold: readonly (ThresholdMetrics & { readonly score: number })[];
  /** Mean IoU of all pairs above 1/2; null where there is none. */
  readonly meanMatchedIou: number | null;
  /** Mean over images. */
  readonly aji: number;
  /** Mean over images. */
  readonly panopticQuality: number;
  readonly errors: ErrorCounts;
}

/** Figures of the instances of one size class, all images together. */
export interface SizeClassSummary extends SizeClass {
  readonly gtCount: number;
  readonly predCount: number;
  readonly perThreshold: readonly ThresholdMetrics[];
  readonly errors: ErrorCounts;
}

/** All figures of one set of predictions. */
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
 * Sums up the images of one set of predictions.
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
  if (images.length === 0) throw new RangeError('Expected at least one image to sum up');
  const mean = (value: (image: ImageEvaluation) => number) =>
    images.reduce((sum, image) => sum + value(image), 0) / images.length;
  const counts = sumCounts(images);
  const matched = counts.tp[0]!;
  return {
    imageCount: images.length,
    gtCount: counts.gtCount,
    predCount: counts.predCount,
    bothEmptyCount: images.filter(({ gtCount, predCount }) => gtCount + predCount === 0).length,
    score: mean(({ score }) => score),
    perThreshold: poolThresholds(counts).map((figures, index) => ({
      ...figures,
      score: mean(({ tp, fp, fn }) => accuracy(tp[index]!, fp[index]!, fn[index]!)),
    })),
    meanMatchedIou:
      matched === 0
        ? null
        : (mean(({ meanMatchedIou, tp }) => (meanMatchedIou ?? 0) * tp[0]!) * images.length) / matched,
    aji: mean(({ aji }) => aji),
    panopticQuality: mean(({ panopticQuality }) => panopticQuality),
    errors: counts.errors,
  };
}

function poolThresholds({ tp, fp, fn }: HitCounts): ThresholdMetrics[] {
  return iouPercents.map((percent, index) => {
    const [hits, wrong, missing] = [tp[index]!, fp[index]!, fn[index]!];
    const share = (part: number, whole: number) => (whole === 0 ? null : part / whole);
    return {
      threshold: percent / 100,
      tp: hits,
      fp: wrong,
      fn: missing,
      precision: share(hits, hits + wrong),
      recall: share(hits, hits + missing),
      f1: share(2 * hits, 2 * hits + wrong + missing) ?? 1,
    };
  });
}
