import type { Box } from './box.js';
import { boxOf, type Mask } from './mask.js';

/** The parts of one mask. */
export interface Components {
  /** Number of pixels of each piece, the largest first. Pixels that touch at a corner belong to the same piece. */
  readonly pieces: readonly number[];
  /** Number of pixels of each hole, the largest first: background that the mask encloses on all four sides. */
  readonly holes: readonly number[];
}

/** Finds the pieces and holes of a mask; none for a mask without pixels. */
export function componentsOf(mask: Mask, imageWidth: number): Components {
  const box = boxOf(mask, imageWidth);
  if (!box) return { pieces: [], holes: [] };
  // One pixel of margin, so that the outside of the mask is one connected region, which includes the corner.
  const width = box.x2 - box.x1 + 2;
  const pixels = bitmapOf(mask, box, imageWidth, width);
  const fill = (start: number, value: number, neighbours: readonly number[]) =>
    fillRegion(pixels, start, value, neighbours);
  const beside = [1, -1, width, -width];
  const around = [...beside, width + 1, width - 1, -width + 1, -width - 1];
  fill(0, outside, beside);
  const pieces: number[] = [];
  const holes: number[] = [];
  for (let at = 0; at < pixels.length; at++) {
    if (pixels[at] === inside) pieces.push(fill(at, seen, around));
    else if (pixels[at] === 0) holes.push(fill(at, seen, beside));
  }
  const largestFirst = (one: number, other: number) => other - one;
  return { pieces: pieces.sort(largestFirst), holes: holes.sort(largestFirst) };
}

/**
 * Whether each row has one run that touches that of the row before: then the mask is one piece, which is seen many times faster so
 * than by {@link componentsOf}. False tells nothing.
 */
export function isOneStack({ runs }: Mask, imageWidth: number): boolean {
  for (let run = 2; run < runs.length; run += 2) {
    const [start, end] = [runs[run]!, runs[run]! + runs[run + 1]!];
    // The run before, a row further down.
    const above = runs[run - 2]! + imageWidth;
    if (Math.floor(start / imageWidth) !== Math.floor(above / imageWidth)) return false;
    if (start > above + runs[run - 1]! || end < above) return false;
  }
  return true;
}

/** px; the smallest of the 29,461 nuclei of the 2018 Data Science Bowl has 21. */
export const speckArea = 16;

const inside = 1;
const outside = 2;
const seen = 3;

function bitmapOf({ runs }: Mask, box: Box, imageWidth: number, width: number): Uint8Array {
  const pixels = new Uint8Array(width * (box.y2 - box.y1 + 2));
  for (let run = 0; run < runs.length; run += 2) {
    const row = Math.floor(runs[run]! / imageWidth) - box.y1 + 1;
    const column = (runs[run]! % imageWidth) - box.x1 + 1;
    pixels.fill(inside, row * width + column, row * width + column + runs[run + 1]!);
  }
  return pixels;
}

/** Replaces the value of a connected region, and counts its pixels. The margin keeps steps from wrapping around rows. */
function fillRegion(pixels: Uint8Array, start: number, value: number, steps: readonly number[]): number {
  const old = pixels[start];
  const stack = [start];
  pixels[start] = value;
  let count = 0;
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    count++;
    for (const step of steps) {
      const next = at + step;
      if (pixels[next] !== old) continue;
      pixels[next] = value;
      stack.push(next);
    }
  }
  return count;
}
