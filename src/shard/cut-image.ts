import type { Rect, Size } from '../data/geometry/rect.js';

/**
 * Cuts an image into a grid of regions of nearly equal sides, row by row.
 *
 * @param side px, the longest side of a region.
 * @returns Each pixel is in exactly one.
 */
export function cutImage({ width, height }: Size, side: number): Rect[] {
  const columns = cutAxis(width, side);
  return cutAxis(height, side).flatMap(([y, tall]) =>
    columns.map(([x, wide]) => ({ x, y, width: wide, height: tall })),
  );
}

/** First pixel and length of each part. */
function cutAxis(length: number, side: number): (readonly [number, number])[] {
  const parts = Math.ceil(length / side);
  const edge = (index: number) => Math.floor((index * length) / parts);
  return Array.from({ length: parts }, (_, index) => [edge(index), edge(index + 1) - edge(index)] as const);
}
