import type { LabelImage, Labels } from '../geometry/label-image.js';
import type { Image } from '../image/image.js';
import { intensityRange, type IntensityRange } from '../image/intensity.js';
import { paintMasks, type Mask } from '../geometry/mask.js';

/** Who marked the nuclei of an image. */
export interface Annotation {
  readonly annotator: string;
  /** The program, with its version. */
  readonly tool?: string;
}

/** What every form of an image with its nuclei has. */
interface ImageFacts {
  /** Unique within its dataset. */
  readonly id: string;
  readonly image: Image;
  /** The image's file within its dataset, with `/`; the same from a folder and from its zip. Absent if made here. */
  readonly origin?: string;
  /** Modality cluster (a-f of DSB2018, see examples/dsb2018-mini/README.md); absent where unknown. */
  readonly cluster?: string;
  /** Absent where unknown. */
  readonly annotation?: Annotation;
  /**
   * As large as the image; 1 = no expert has reviewed this pixel, so nothing is to be learnt or scored there. Absent
   * where every pixel is reviewed.
   */
  readonly ignore?: Uint8Array;
}

/** One image with its true nuclei, in memory; what a dataset reader gives and everything else takes. */
export interface Example extends ImageFacts {
  /** As large as the image. Labels are 1..`instanceCount` without gaps; an instance may have several parts. */
  readonly labelImage: LabelImage;
  /** 0 for an image without nuclei, which is allowed. */
  readonly instanceCount: number;
  /** What to show as black and as white; absent = the whole range of an 8-bit image. */
  readonly intensity?: IntensityRange;
}

/** One image with its masks as they were annotated: overlaps, empty masks and all. */
export interface AnnotatedImage extends ImageFacts {
  /** In the order of their names. */
  readonly masks: readonly Mask[];
}

/**
 * Resolves the masks into one label image. Where masks overlap, the first in name order keeps the pixels; a mask
 * without a pixel of its own is dropped. `nucleate data check` lists both.
 */
export function toExample({ masks, ...facts }: AnnotatedImage): Example {
  const { image } = facts;
  const { width, height } = image;
  const { labels, instanceCount } = paintMasks(masks, image);
  const example = { ...facts, labelImage: { width, height, labels }, instanceCount };
  return image.data instanceof Uint16Array ? { ...example, intensity: intensityRange(image.data) } : example;
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
