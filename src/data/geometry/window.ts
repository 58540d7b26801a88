import type { Box } from './box.js';
import type { Size } from './rect.js';

/** The square of the image that a crop shows. */
export interface Window {
  /** Left edge, px of the image; may be fractional or outside. */
  readonly x: number;
  /** Top edge, px of the image; may be fractional or outside. */
  readonly y: number;
  /** px of the image, above 0. */
  readonly side: number;
}

/** How much a crop shows around the box of a nucleus. */
export interface CropMargins {
  /** On each side of the box, as a fraction of the box's longer side. */
  readonly margin: number;
  /** Least margin, px of the image. */
  readonly minMargin: number;
}

/** Side of the square that a crop around a box of this size shows, in the unit of the box. */
export const cropSide = (
  box: { readonly width: number; readonly height: number },
  { margin, minMargin }: CropMargins,
): number => {
  const longer = Math.max(box.width, box.height);
  return longer + 2 * Math.max(margin * longer, minMargin);
};

/** The window of a box without augmentation, as in prediction. */
export function cropWindow({ x1, y1, x2, y2 }: Box, crop: CropMargins): Window {
  const side = cropSide({ width: x2 - x1, height: y2 - y1 }, crop);
  return { x: (x1 + x2 - side) / 2, y: (y1 + y2 - side) / 2, side };
}

/** The window as a box. */
export const windowBox = ({ x, y, side }: Window): Box => ({ x1: x, y1: y, x2: x + side, y2: y + side });

/**
 * The pixels of an image that are needed to resample a part of it bilinearly: one more on each side than the part covers,
 * since values are interpolated between pixel centres.
 *
 * @param shown px of the image; may be fractional or outside.
 * @returns Whole px, within the image; at least one pixel, even for a part beside the image.
 */
export function regionOf(shown: Box, { width, height }: Size): Box {
  const [x1, x2] = pixelsOf(shown.x1, shown.x2, width);
  const [y1, y2] = pixelsOf(shown.y1, shown.y2, height);
  return { x1, y1, x2, y2 };
}

function pixelsOf(start: number, end: number, length: number): [number, number] {
  const first = Math.min(Math.max(Math.floor(start) - 1, 0), length - 1);
  return [first, Math.min(Math.max(Math.ceil(end) + 1, first + 1), length)];
}
