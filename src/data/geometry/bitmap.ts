import type { Rect } from './rect.js';
import type { LabelImage } from './label-image.js';
import type { Box } from './box.js';

/** One instance cut out of a label image, with one pixel of background around it. */
export interface Bitmap extends Rect {
  /** `[height * width]`: 1 = of the instance, 0 = not; the margin is 0. */
  readonly pixels: Uint8Array;
}

/** @param box Holds every pixel of the instance and lies within the image. */
export function bitmapOf({ width, labels }: LabelImage, label: number, box: Box): Bitmap {
  const bitmap = {
    x: box.x1 - 1,
    y: box.y1 - 1,
    width: box.x2 - box.x1 + 2,
    height: box.y2 - box.y1 + 2,
  };
  const pixels = new Uint8Array(bitmap.width * bitmap.height);
  for (let y = box.y1; y < box.y2; y++) {
    const to = (y - bitmap.y) * bitmap.width - bitmap.x;
    for (let x = box.x1; x < box.x2; x++) {
      if (labels[y * width + x] === label) pixels[to + x] = 1;
    }
  }
  return { ...bitmap, pixels };
}

/** Index of a pixel of a bitmap in the label image of this width; only for pixels outside the margin. */
export function imageIndex({ x, y, width }: Bitmap, at: number, imageWidth: number): number {
  return (y + Math.floor(at / width)) * imageWidth + x + (at % width);
}

/** Steps to the four neighbours of a pixel that share a side with it. */
export const sides = (width: number) => [1, -1, width, -width] as const;

/** Steps to the eight neighbours of a pixel. */
const sidesAndCorners = (width: number) =>
  [...sides(width), width + 1, width - 1, -width + 1, -width - 1] as const;

/**
 * Replaces the value of a connected region.
 *
 * @param steps Index differences to the neighbours that count as connected.
 * @returns The pixels of the region.
 */
export function fillRegion(
  pixels: Uint8Array,
  start: number,
  value: number,
  steps: readonly number[],
): Int32Array {
  const old = pixels[start];
  const region = new Int32Array(pixels.length);
  region[0] = start;
  pixels[start] = value;
  let count = 1;
  for (let next = 0; next < count; next++) {
    const at = region[next]!;
    for (let index = 0; index < steps.length; index++) {
      const neighbour = at + steps[index]!;
      // Reading outside an array is slow.
      if (neighbour < 0 || neighbour >= pixels.length || pixels[neighbour] !== old) continue;
      pixels[neighbour] = value;
      region[count++] = neighbour;
    }
  }
  return region.subarray(0, count);
}

/** Values of a bitmap while its regions are searched. */
const inside = 1;
const outside = 2;
const seen = 3;

/**
 * The pieces of an instance, the largest first, of equal ones the upper one first. Pixels that touch at a corner belong to
 * the same piece.
 */
export function piecesOf({ pixels, width }: Bitmap): Int32Array[] {
  const unseen = Uint8Array.from(pixels);
  const steps = sidesAndCorners(width);
  const pieces: Int32Array[] = [];
  for (let at = unseen.indexOf(inside); at !== -1; at = unseen.indexOf(inside, at)) {
    pieces.push(fillRegion(unseen, at, seen, steps));
  }
  return pieces.sort((one, other) => other.length - one.length);
}

/** The pixels of all holes: background that the instance encloses on all four sides. */
export function holePixels({ pixels, width }: Bitmap): number[] {
  const filled = Uint8Array.from(pixels);
  // The margin includes the corner and is connected to everything that the instance does not enclose.
  fillRegion(filled, 0, outside, sides(width));
  const holes: number[] = [];
  for (let at = filled.indexOf(0); at !== -1; at = filled.indexOf(0, at + 1)) holes.push(at);
  return holes;
}
