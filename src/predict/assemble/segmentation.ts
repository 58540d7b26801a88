import type { LabelImage } from '../../data/geometry/label-image.js';
import type { Box } from '../../data/geometry/box.js';

/** One nucleus that was found. */
export interface Instance {
  /** Its value in the label image. */
  readonly label: number;
  /** Confidence of the networks, 0 to 1. */
  readonly score: number;
  /** `xyxy`, px of the image, half-open: the tightest box of its pixels. */
  readonly box: Box;
  /** px of the image, at least 1. */
  readonly area: number;
}

/** What was found in an image. */
export interface Segmentation {
  /** Labels 1..n without gaps; all 0 if nothing was found. */
  readonly labelImage: LabelImage;
  /** `[n]`, in the order of the labels; highest-scoring nucleus first. */
  readonly instances: readonly Instance[];
}
