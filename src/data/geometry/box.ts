/**
 * Boxes: `[N, 4]` `xyxy`, px, half-open. This folder, which needs neither Node nor TensorFlow: `rect.ts` has whole pixels,
 * `window.ts` squares that crops show, `mask.ts` one instance, `label-image.ts` all instances of an image, `bitmap.ts` one
 * instance cut out of it, `rle.ts` and `coco-rle.ts` masks as text.
 */

/** One row of `boxes`. */
export interface Box {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Row k of `boxes`. */
export const boxAt = (boxes: Float32Array, k: number): Box => ({
  x1: boxes[4 * k]!,
  y1: boxes[4 * k + 1]!,
  x2: boxes[4 * k + 2]!,
  y2: boxes[4 * k + 3]!,
});

/** Intersection over union; 0 for two boxes without area. */
export function boxIou(one: Box, other: Box): number {
  const width = Math.min(one.x2, other.x2) - Math.max(one.x1, other.x1);
  const height = Math.min(one.y2, other.y2) - Math.max(one.y1, other.y1);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  return intersection / (areaOf(one) + areaOf(other) - intersection);
}

const areaOf = ({ x1, y1, x2, y2 }: Box) => (x2 - x1) * (y2 - y1);

/** Orders boxes by y1, x1, y2, x2. */
export const compareBoxes = (one: Box, other: Box): number =>
  one.y1 - other.y1 || one.x1 - other.x1 || one.y2 - other.y2 || one.x2 - other.x2;
