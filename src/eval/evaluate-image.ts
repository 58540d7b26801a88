import type { LabelImage } from '../data/geometry/label-image.js';
import { addWithoutPixels, countBySize, sumCounts, type InstanceCounts } from './instance-counts.js';
import { matchInstances } from './match-instances.js';
import { metricsOfImage, type MetricValues } from './metrics/metrics.js';
import { countOverlaps } from './overlaps.js';
import { withoutIgnored } from './without-ignored.js';

/** All counts and metrics of one image. */
export interface ImageEvaluation extends InstanceCounts, MetricValues {
  readonly id: string;
  /** Modality cluster; absent where unknown. */
  readonly cluster?: string;
  /** In the order of `sizeClasses`. A matched pair belongs to the class of its true instance. */
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
   * As large as the image, 1 = no expert has reviewed the pixel: neither true nor predicted instances count there, see
   * `withoutIgnored`. Absent where every pixel is reviewed.
   */
  readonly ignore?: Uint8Array | undefined;
}

/**
 * Scores one predicted label image against the truth.
 *
 * Empty cases: both empty 1; only one of them empty 0.
 *
 * @throws {RangeError} If the sizes differ, or a label is negative.
 */
export function evaluateImage(
  gt: LabelImage,
  pred: LabelImage,
  { id, cluster, withoutPixels = 0, ignore }: EvaluateImageOptions,
): ImageEvaluation {
  const reviewed = ignore && { gt: withoutIgnored(gt, ignore), pred: withoutIgnored(pred, ignore) };
  const compared = reviewed ? { gt: reviewed.gt.labelImage, pred: reviewed.pred.labelImage } : { gt, pred };
  const overlaps = countOverlaps(compared.gt, compared.pred);
  const matches = matchInstances(overlaps);
  const bySize = countBySize(overlaps, matches);
  const counts = addWithoutPixels(sumCounts(bySize), withoutPixels);
  return {
    id,
    ...(cluster === undefined ? {} : { cluster }),
    ...metricsOfImage({ ...compared, overlaps, matches, counts }),
    ...counts,
    sizeClasses: bySize,
    ...(reviewed ? { dropped: { gtCount: reviewed.gt.dropped, predCount: reviewed.pred.dropped } } : {}),
  };
}
