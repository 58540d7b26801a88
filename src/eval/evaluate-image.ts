import type { LabelImage } from '../data/geometry/label-image.js';
import { aggregatedJaccard, meanIou, panopticQuality } from './area-metrics.js';
import { instanceKinds, noErrors, type ErrorCounts } from './error-kinds.js';
import { exceedsIou, iouPercents, matchInstances } from './match-instances.js';
import { countOverlaps, type InstancePair, type Overlaps } from './overlaps.js';
import { withoutIgnored } from './without-ignored.js';
import { sizeClasses, sizeClassOf } from './size-classes.js';

/** Instances counted at each threshold of {@link iouPercents}. T = 10. */
export interface HitCounts {
  /** `[T]` matched pairs. */
  readonly tp: readonly number[];
  /** `[T]` predicted instances without a match. */
  readonly fp: readonly number[];
  /** `[T]` true instances without a match. */
  readonly fn: readonly number[];
}

/** Hits and errors of some of an image's instances. */
export interface InstanceCounts extends HitCounts {
  readonly gtCount: number;
  readonly predCount: number;
  readonly errors: ErrorCounts;
}

/** All figures of one image. */
export interface ImageEvaluation extends InstanceCounts {
  readonly id: string;
  /** Modality cluster; absent where unknown. */
  readonly cluster?: string;
  /** Mean over thresholds of TP / (TP + FP + FN), 0 to 1; 1 where truth and prediction are both empty. */
  readonly score: number;
  /** Mean IoU of the pairs with IoU > 1/2; null where there is none. */
  readonly meanMatchedIou: number | null;
  /** Aggregated Jaccard index; 1 where both are empty. */
  readonly aji: number;
  /** Panoptic quality; 1 where both are empty. */
  readonly panopticQuality: number;
  /** In the order of {@link sizeClasses}. A matched pair belongs to the class of its true instance. */
  readonly sizeClasses: readonly InstanceCounts[];
  /** Instances mostly in pixels that no expert has reviewed, which count nowhere; absent without such pixels. */
  readonly dropped?: { readonly gtCount: number; readonly predCount: number };
}

export interface EvaluateImageOptions {
  readonly id: string;
  readonly cluster?: string;
  /**
   * Predicted objects that have no pixel in `pred`, since their mask was empty or lies wholly under earlier ones. Each
   * is a false positive at every threshold; they belong to no size class. @default 0
   */
  readonly withoutPixels?: number;
  /**
   * As large as the image, 1 = no expert has reviewed the pixel: neither what is there of the truth nor what is there
   * of the prediction counts, see `reviewedPart`. Absent where every pixel is reviewed.
   */
  readonly ignore?: Uint8Array | undefined;
}

/**
 * Scores one predicted label image against the truth.
 *
 * Empty cases: both empty 1; only one of them empty 0.
 *
 * @throws {RangeError} If the sizes differ, or a label is negative.
 *
 * Source: evaluation text of the 2018 Data Science Bowl; it leaves the case that both are empty open.
 */
export function evaluateImage(
  gt: LabelImage,
  pred: LabelImage,
  { id, cluster, withoutPixels = 0, ignore }: EvaluateImageOptions,
): ImageEvaluation {
  const reviewed = ignore && { gt: withoutIgnored(gt, ignore), pred: withoutIgnored(pred, ignore) };
  const overlaps = reviewed
    ? countOverlaps(reviewed.gt.labelImage, reviewed.pred.labelImage)
    : countOverlaps(gt, pred);
  const matches = matchInstances(overlaps);
  const classes = countBySize(overlaps, matches);
  const counts = addWithoutPixels(sumCounts(classes), withoutPixels);
  return {
    id,
    ...(cluster === undefined ? {} : { cluster }),
    score: imageScore(counts),
    ...counts,
    meanMatchedIou: meanIou(matches),
    aji: aggregatedJaccard(overlaps),
    panopticQuality: panopticQuality(matches, counts.gtCount + counts.predCount),
    sizeClasses: classes,
    ...(reviewed ? { dropped: { gtCount: reviewed.gt.dropped, predCount: reviewed.pred.dropped } } : {}),
  };
}

/** TP / (TP + FP + FN); 1 where all three are 0. */
export function accuracy(tp: number, fp: number, fn: number): number {
  return tp + fp + fn === 0 ? 1 : tp / (tp + fp + fn);
}

function imageScore({ tp, fp, fn }: HitCounts): number {
  return tp.reduce((sum, hits, index) => sum + accuracy(hits, fp[index]!, fn[index]!), 0) / tp.length;
}

/** The counts of each size class. */
function countBySize(overlaps: Overlaps, matches: readonly InstancePair[]): InstanceCounts[] {
  const { gtAreas, predAreas } = overlaps;
  const kinds = instanceKinds(overlaps, matches);
  const predClass = new Uint8Array(predAreas.length);
  for (let pred = 0; pred < predAreas.length; pred++) predClass[pred] = sizeClassOf(predAreas[pred]!);
  const classes = sizeClasses.map(() => ({
    gtCount: 0,
    predCount: 0,
    tp: iouPercents.map(() => 0),
    errors: { ...noErrors },
  }));
  for (const pair of matches) {
    const size = sizeClassOf(gtAreas[pair.gt]!);
    predClass[pair.pred] = size;
    const { tp } = classes[size]!;
    for (let t = 0; t < tp.length; t++) if (exceedsIou(pair, iouPercents[t]!)) tp[t]! += 1;
  }
  kinds.gt.forEach((kind, gt) => {
    const counts = classes[sizeClassOf(gtAreas[gt]!)]!;
    counts.gtCount++;
    if (kind !== 'matched') counts.errors[kind]++;
  });
  kinds.pred.forEach((kind, pred) => {
    const counts = classes[predClass[pred]!]!;
    counts.predCount++;
    if (kind !== 'matched') counts.errors[kind === 'fragment' ? 'fragments' : kind]++;
  });
  return classes.map((counts) => ({
    ...counts,
    fp: counts.tp.map((hits) => counts.predCount - hits),
    fn: counts.tp.map((hits) => counts.gtCount - hits),
  }));
}

/** Adds counts of disjoint sets of instances; all 0 for none. */
export function sumCounts(parts: readonly InstanceCounts[]): InstanceCounts {
  const sum = (value: (part: InstanceCounts) => number) =>
    parts.reduce((total, part) => total + value(part), 0);
  const sumEach = (key: 'tp' | 'fp' | 'fn') =>
    iouPercents.map((_, index) => sum((part) => part[key][index]!));
  const sumErrors = (key: keyof ErrorCounts) => sum((part) => part.errors[key]);
  return {
    gtCount: sum((part) => part.gtCount),
    predCount: sum((part) => part.predCount),
    tp: sumEach('tp'),
    fp: sumEach('fp'),
    fn: sumEach('fn'),
    errors: {
      missed: sumErrors('missed'),
      merged: sumErrors('merged'),
      split: sumErrors('split'),
      extra: sumErrors('extra'),
      merging: sumErrors('merging'),
      fragments: sumErrors('fragments'),
    },
  };
}

function addWithoutPixels(counts: InstanceCounts, withoutPixels: number): InstanceCounts {
  return {
    ...counts,
    predCount: counts.predCount + withoutPixels,
    fp: counts.fp.map((misses) => misses + withoutPixels),
    errors: { ...counts.errors, extra: counts.errors.extra + withoutPixels },
  };
}
