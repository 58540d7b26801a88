/**
 * Connected parts of a set of pixels; pixels are connected if they share a side.
 *
 * @param isInside Whether a pixel belongs to the set, row by row.
 * @returns The number of each pixel's part, from 1, in the order of their first pixels; 0 outside of the set. The area of
 *   part k, px, at index k; at index 0 is 0.
 */
export function connectedParts(
  isInside: ArrayLike<number>,
  { width, height }: { readonly width: number; readonly height: number },
): { readonly numbers: Int32Array; readonly areas: number[] } {
  const numbers = new Int32Array(width * height);
  const areas = [0];
  const open: number[] = [];
  for (let first = 0; first < numbers.length; first++) {
    if (!isInside[first] || numbers[first] !== 0) continue;
    const part = areas.length;
    areas.push(0);
    numbers[first] = part;
    open.push(first);
    while (open.length > 0) {
      const at = open.pop()!;
      areas[part]!++;
      forSides(at, width, numbers.length, (side) => {
        if (!isInside[side] || numbers[side] !== 0) return;
        numbers[side] = part;
        open.push(side);
      });
    }
  }
  return { numbers, areas };
}

/** Calls with the index of each pixel that shares a side with a pixel. */
export function forSides(at: number, width: number, count: number, visit: (side: number) => void): void {
  const column = at % width;
  if (column > 0) visit(at - 1);
  if (column + 1 < width) visit(at + 1);
  if (at >= width) visit(at - width);
  if (at + width < count) visit(at + width);
}

/** The number of the largest part, the first of several; 0 if there is none. */
export const largestPart = (areas: readonly number[]): number =>
  areas.reduce((best, area, part) => (area > areas[best]! ? part : best), 0);
