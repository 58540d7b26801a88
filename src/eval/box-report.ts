import { boxMetrics } from './box-metrics.js';
import { matchDetections, type BoxDetections, type MatchedBoxes } from './box-matching.js';
import { iouPercents } from './match-instances.js';
import { sizeClasses, sizeClassOf, type SizeClass } from './size-classes.js';

/** One image for {@link boxReport}. Boxes are in px of the image in the dataset, not of the network's input. */
export interface BoxImage extends BoxDetections {
  readonly id: string;
  /** Modality cluster; absent where unknown. */
  readonly cluster?: string | undefined;
}

/** Fraction of true boxes that the highest-scoring detections of each image hit; null without true boxes. */
export interface BoxRecall {
  /** Detections of each image that count. */
  readonly maxDetections: number;
  /** At IoU >= 0.5. */
  readonly atIou50: number | null;
  /** Mean over the thresholds 0.5 to 0.95. */
  readonly mean: number | null;
}

/** Metrics of a set of images; the average precisions (AP) count {@link apDetections} of each image. */
export interface BoxSetMetrics {
  readonly imageCount: number;
  readonly gtCount: number;
  /** All detections, also those beyond the caps. */
  readonly predCount: number;
  /** AP, mean over the thresholds 0.5 to 0.95; like the next two null where there is no true box. */
  readonly ap: number | null;
  /** AP at IoU >= 0.5. */
  readonly ap50: number | null;
  /** AP at IoU >= 0.75. */
  readonly ap75: number | null;
  /** In the order of {@link recallDetections}. */
  readonly recall: readonly BoxRecall[];
}

/** Metrics of a detector; plain data, ready for JSON. */
export interface BoxReport extends BoxSetMetrics {
  /** In ascending order of their names; empty where no image has one. */
  readonly clusters: readonly (BoxSetMetrics & { readonly cluster: string })[];
  /** In the order of {@link sizeClasses}. Only recall: a false detection has no true size. */
  readonly sizeClasses: readonly (SizeClass & {
    readonly gtCount: number;
    readonly recall: readonly BoxRecall[];
  })[];
}

/** Caps for recall: an image of the DSB2018 training set has at most 375 nuclei, a slide tile far more. */
const recallDetections = [100, 300, 1000] as const;

/** COCO counts 100 objects of each image, fewer than some images here have nuclei. */
const apDetections = 1000;

/**
 * COCO-style AP and recall of boxes, of all images, by cluster and by size; see `boxMetrics`.
 *
 * The size classes are those of `nucleate eval`, by area; the area is taken to be the ellipse in the box, pi/4 of it.
 *
 * @param images May be empty.
 * @throws {RangeError} If the numbers of boxes and scores of an image do not fit.
 */
export function boxReport(images: readonly BoxImage[]): BoxReport {
  const matched = images.map((image) => ({ ...matchDetections(image), cluster: image.cluster }));
  const names = [...new Set(images.flatMap(({ cluster }) => cluster ?? []))].sort();
  const sizes = images.map(({ gtBoxes }) => sizesOf(gtBoxes));
  return {
    ...setMetrics(matched),
    clusters: names.map((name) => ({
      cluster: name,
      ...setMetrics(matched.filter(({ cluster }) => cluster === name)),
    })),
    sizeClasses: sizeClasses.map((sizeClass, size) => ({
      ...sizeClass,
      ...recallsOf(matched, (image, gt) => sizes[image]![gt] === size),
    })),
  };
}

function setMetrics(images: readonly MatchedBoxes[]): BoxSetMetrics {
  const { averagePrecision: ap, perThreshold } = boxMetrics(images, apDetections);
  const apAt = (percent: (typeof iouPercents)[number]) =>
    perThreshold[iouPercents.indexOf(percent)]!.averagePrecision;
  const { gtCount, recall } = recallsOf(images, () => true);
  const predCount = images.reduce((sum, { scores }) => sum + scores.length, 0);
  return { imageCount: images.length, gtCount, predCount, ap, ap50: apAt(50), ap75: apAt(75), recall };
}

/** Recall of the wanted true boxes, and their number. */
function recallsOf(images: readonly MatchedBoxes[], isWanted: (image: number, gt: number) => boolean) {
  let gtCount = 0;
  /** `[caps][T]`. */
  const hits = recallDetections.map(() => new Uint32Array(iouPercents.length));
  for (const [image, matched] of images.entries()) {
    for (let gt = 0; gt < matched.gtCount; gt++) {
      if (!isWanted(image, gt)) continue;
      gtCount++;
      for (const [t, ranks] of matched.matchedRanks.entries()) {
        const rank = ranks[gt]!;
        if (rank === -1) continue;
        recallDetections.forEach((cap, index) => {
          if (rank < cap) hits[index]![t]! += 1;
        });
      }
    }
  }
  const recall = recallDetections.map((maxDetections, index): BoxRecall => {
    if (gtCount === 0) return { maxDetections, atIou50: null, mean: null };
    const found = hits[index]!;
    const sum = found.reduce((total, count) => total + count, 0);
    return { maxDetections, atIou50: found[0]! / gtCount, mean: sum / (gtCount * iouPercents.length) };
  });
  return { gtCount, recall };
}

/** The size class of each box. */
function sizesOf(boxes: Float32Array): number[] {
  return Array.from({ length: boxes.length / 4 }, (_, k) => {
    const [x1, y1, x2, y2] = boxes.subarray(4 * k, 4 * k + 4) as unknown as [number, number, number, number];
    return sizeClassOf((Math.PI / 4) * (x2 - x1) * (y2 - y1));
  });
}
