import type { Labels } from './label-image.js';
import type { Size } from './rect.js';

/** Connected pixels of one label; pixels that touch at a corner are connected. */
export interface LabelPiece {
  readonly label: number;
  /** px. */
  area: number;
  /** Whether it has a pixel whose four neighbours are of it, too; what lies outside of the image counts as of it. */
  isThick: boolean;
  /** Whether it shares a side of a pixel with another label. */
  touches: boolean;
}

/**
 * The pieces of all labels but 0, in the order of their first pixels, row by row. None if all labels are 0.
 *
 * @param numbers As large as the image; filled with the number of each pixel's piece, from 1, where it is given.
 */
export function piecesOfLabels(labels: Labels, { width, height }: Size, numbers?: Int32Array): LabelPiece[] {
  const pieces: LabelPiece[] = [];
  /** Of each piece the one that it has grown together with, or itself. */
  const parents: number[] = [];
  const rootOf = (piece: number) => {
    let root = piece;
    while (parents[root] !== root) root = parents[root] = parents[parents[root]!]!;
    return root;
  };
  let above = new Int32Array(width).fill(-1);
  let row = new Int32Array(width).fill(-1);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const label = labels[at]!;
      row[x] = -1;
      if (label === 0) continue;
      let piece = x > 0 && labels[at - 1] === label ? rootOf(row[x - 1]!) : -1;
      for (let step = -1; y > 0 && step <= 1; step++) {
        const column = x + step;
        if (column < 0 || column >= width || labels[at - width + step] !== label) continue;
        const other = rootOf(above[column]!);
        if (piece === -1) piece = other;
        else if (piece !== other) piece = joined(Math.min(piece, other), Math.max(piece, other));
      }
      if (piece === -1) {
        piece = pieces.length;
        pieces.push({ label, area: 0, isThick: false, touches: false });
        parents.push(piece);
      }
      row[x] = piece;
      if (numbers) numbers[at] = piece + 1;
      const found = pieces[piece]!;
      found.area++;
      let same = true;
      for (let side = 0; side < 4; side++) {
        const isInside =
          side === 0 ? x > 0 : side === 1 ? x + 1 < width : side === 2 ? y > 0 : y + 1 < height;
        if (!isInside) continue;
        const neighbour = labels[at + (side === 0 ? -1 : side === 1 ? 1 : side === 2 ? -width : width)]!;
        if (neighbour === label) continue;
        same = false;
        if (neighbour !== 0) found.touches = true;
      }
      if (same) found.isThick = true;
    }
    [above, row] = [row, above];
  }
  function joined(one: number, other: number): number {
    const [first, second] = [pieces[one]!, pieces[other]!];
    first.area += second.area;
    first.isThick ||= second.isThick;
    first.touches ||= second.touches;
    parents[other] = one;
    return one;
  }
  const roots = parents.flatMap((_, piece) => (rootOf(piece) === piece ? [piece] : []));
  if (numbers) {
    const places = new Map(roots.map((root, index) => [root, index + 1]));
    for (let at = 0; at < numbers.length; at++)
      if (numbers[at] !== 0) numbers[at] = places.get(rootOf(numbers[at]! - 1))!;
  }
  return roots.map((root) => pieces[root]!);
}
