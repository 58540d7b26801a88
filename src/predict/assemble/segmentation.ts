import type { LabelImage } from '../../data/geometry/label-image.js';
import type { Rect, Size } from '../../data/geometry/rect.js';
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

/** What was found in a rectangle of an image, in the pixels of the whole image; outside of the rectangle there is nothing. */
export function placeSegmentation(
  { labelImage, instances }: Segmentation,
  { x, y }: Rect,
  { width, height }: Size,
): Segmentation {
  const labels = new Int32Array(width * height);
  for (let row = 0; row < labelImage.height; row++) {
    const from = row * labelImage.width;
    labels.set(labelImage.labels.subarray(from, from + labelImage.width), (y + row) * width + x);
  }
  return {
    labelImage: { width, height, labels },
    instances: instances.map((instance) => {
      const { x1, y1, x2, y2 } = instance.box;
      return { ...instance, box: { x1: x + x1, y1: y + y1, x2: x + x2, y2: y + y2 } };
    }),
  };
}
