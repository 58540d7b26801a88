import type { Point } from '../../data/geometry/linear-map.js';
import type { Rect, Size } from '../../data/geometry/rect.js';

/** Which nucleus each pixel belongs to; 0 is background. Nuclei never overlap. */
export interface LabelMap extends Size {
  /** `[height, width]`. */
  readonly labels: Uint32Array;
}

/** The whole pixels of an image that lie within bounds, px, which may be outside of it: then width or height is 0. */
export function clip(
  { width, height }: Size,
  bounds: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number },
): Rect {
  const x = Math.min(Math.max(0, Math.floor(bounds.left)), width);
  const y = Math.min(Math.max(0, Math.floor(bounds.top)), height);
  return {
    x,
    y,
    width: Math.max(0, Math.min(width, Math.ceil(bounds.right)) - x),
    height: Math.max(0, Math.min(height, Math.ceil(bounds.bottom)) - y),
  };
}

/** A rectangle with a margin around it, px, cut at the border of the image. */
export function grow(size: Size, { x, y, width, height }: Rect, margin: number): Rect {
  return clip(size, {
    left: x - margin,
    top: y - margin,
    right: x + width + margin,
    bottom: y + height + margin,
  });
}

/** The label at a place, px; the centre of the first pixel is (0.5, 0.5). 0 outside of the image. */
export function labelAt({ width, height, labels }: LabelMap, { x, y }: Point): number {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  if (column < 0 || column >= width || row < 0 || row >= height) return 0;
  return labels[row * width + column]!;
}
