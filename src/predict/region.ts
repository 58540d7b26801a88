import type { Box } from '../data/boxes.js';
import type { Size } from '../data/mask.js';
import type { Window } from './assemble/paste-map.js';

/**
 * The pixels of an image that a window shows when it is resampled bilinearly: one more than it covers on each side, since
 * values are interpolated between the centres of pixels.
 *
 * @returns Whole px, within the image; at least one pixel, even for a window beside the image.
 */
export function regionOf({ x, y, side }: Window, { width, height }: Size): Box {
  const [x1, x2] = pixelsOf(x, x + side, width);
  const [y1, y2] = pixelsOf(y, y + side, height);
  return { x1, y1, x2, y2 };
}

function pixelsOf(start: number, end: number, length: number): [number, number] {
  const first = Math.min(Math.max(Math.floor(start) - 1, 0), length - 1);
  return [first, Math.min(Math.max(Math.ceil(end) + 1, first + 1), length)];
}
