import type { Image, LabelImage } from './image.js';

/** One image with its true nuclei, in memory; what a dataset reader gives and everything else takes. */
export interface Example {
  /** Unique within its dataset. */
  readonly id: string;
  readonly image: Image;
  /** As large as the image. Labels are 1..`instanceCount` without gaps; an instance may have several parts. */
  readonly labelImage: LabelImage;
  /** 0 for an image without nuclei, which is allowed. */
  readonly instanceCount: number;
  /** Modality cluster (a-f of DSB2018, see examples/dsb2018-mini/README.md); absent where unknown. */
  readonly cluster?: string;
}

/**
 * Replaces the labels by 1..n in ascending order of their old values; 0 stays 0.
 *
 * @param labels Non-negative; n = 0 where all are 0.
 * @returns New labels, and how many different ones there are; the argument stays as it is.
 */
export function renumberLabels(labels: Int32Array): { labels: Int32Array; instanceCount: number } {
  const used = [...new Set(labels)].filter((label) => label !== 0).sort((a, b) => a - b);
  const renumbered = new Map(used.map((label, index) => [label, index + 1]));
  return { labels: labels.map((label) => renumbered.get(label) ?? 0), instanceCount: used.length };
}
