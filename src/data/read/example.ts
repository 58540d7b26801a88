import type { LabelImage, Labels } from '../geometry/label-image.js';
import type { Image } from '../image/image.js';
import { shownRange, type IntensityMode, type IntensityRange } from '../image/intensity.js';
import { paintMasks, type Mask } from '../geometry/mask.js';

/** Who marked the nuclei of an image. */
export interface Annotation {
  readonly annotator: string;
  /** The program, with its version. */
  readonly tool?: string;
}

/** What the annotations of an image have besides nuclei, and is not read. */
export interface Omission {
  /** In the plural: 'crowd regions'. */
  readonly what: string;
  readonly count: number;
}

/** Several lists as one, with one entry for each kind. */
export function sumOmissions(lists: readonly (readonly Omission[] | undefined)[]): Omission[] {
  const counts = new Map<string, number>();
  for (const { what, count } of lists.flatMap((list = []) => list))
    counts.set(what, (counts.get(what) ?? 0) + count);
  return [...counts].map(([what, count]) => ({ what, count }));
}

/** What an annotated image and an example have in common. */
interface ImageFacts {
  /** Unique within its dataset. */
  readonly id: string;
  readonly image: Image;
  /** The image's file within its dataset, with `/`; the same in a folder and in its zip. Absent for a generated image. */
  readonly origin?: string;
  /** Modality cluster (a-f of DSB2018, see examples/dsb2018-mini/README.md); absent where unknown. */
  readonly cluster?: string;
  /** Absent where unknown. */
  readonly annotation?: Annotation;
  /**
   * As large as the image; 1 = no expert has reviewed this pixel, so it is used neither for training nor for the score.
   * Absent if every pixel is reviewed.
   */
  readonly ignore?: Uint8Array;
}

/** One image with its true nuclei, in memory: the result of reading a dataset, and the input of everything else. */
export interface Example extends ImageFacts {
  /** As large as the image. Labels are 1..`instanceCount` without gaps; an instance may have several parts. */
  readonly labelImage: LabelImage;
  /** 0 for an image without nuclei, which is allowed. */
  readonly instanceCount: number;
  /** Which values are shown as black and as white, see `shownRange`; absent = 0 and 255 of an 8-bit image. */
  readonly intensity?: IntensityRange;
}

/** One image with its masks as they were annotated, overlapping and empty ones included. */
export interface AnnotatedImage extends ImageFacts {
  /** In the order of their names. */
  readonly masks: readonly Mask[];
  /** Absent if nothing was left out. */
  readonly leftOut?: readonly Omission[];
}

/**
 * Resolves the masks into one label image. Where masks overlap, the first in name order keeps the pixels. A mask without
 * a pixel of its own is dropped. `nucleate data check` lists both.
 *
 * @param intensity How `intensity` of the example is set, see {@link shownRange}.
 */
export function toExample(
  { masks, leftOut: _, ...facts }: AnnotatedImage,
  intensity: IntensityMode = 'full',
): Example {
  const { width, height } = facts.image;
  const { labels, instanceCount } = paintMasks(masks, facts.image);
  const range = shownRange(facts.image, intensity);
  return {
    ...facts,
    labelImage: { width, height, labels },
    instanceCount,
    ...(range && { intensity: range }),
  };
}

/**
 * An example to learn from: a nucleus with more than half of its pixels where nobody has reviewed is no nucleus, and all of
 * it is ignored, as scores do it. Nothing changes without an ignore map.
 */
export function withoutUnreviewed(example: Example): Example {
  const { labelImage, instanceCount, ignore } = example;
  if (!ignore?.includes(1)) return example;
  const areas = new Int32Array(instanceCount + 1);
  const ignored = new Int32Array(instanceCount + 1);
  for (const [at, label] of labelImage.labels.entries()) {
    areas[label]! += 1;
    ignored[label]! += ignore[at]!;
  }
  const isLeftOut = (label: number) => label !== 0 && 2 * ignored[label]! > areas[label]!;
  const { labels, instanceCount: kept } = renumberLabels(
    labelImage.labels.map((label) => (isLeftOut(label) ? 0 : label)),
  );
  return {
    ...example,
    labelImage: { ...labelImage, labels },
    instanceCount: kept,
    ignore: ignore.map((value, at) => (isLeftOut(labelImage.labels[at]!) ? 1 : value)),
  };
}

/**
 * Replaces the labels by 1..n in ascending order of their old values; 0 stays 0.
 *
 * @param labels Non-negative; n = 0 where all are 0.
 * @returns New labels, and how many different ones there are; the argument stays as it is.
 */
export function renumberLabels(labels: Labels): { labels: Labels; instanceCount: number } {
  const used = [...new Set(labels)].filter((label) => label !== 0).sort((a, b) => a - b);
  const renumbered = new Map(used.map((label, index) => [label, index + 1]));
  return { labels: labels.map((label) => renumbered.get(label) ?? 0), instanceCount: used.length };
}
