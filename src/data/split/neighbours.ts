/** Finds images that show the same field, from their pixels. */
import type { Border, Signature } from './signature.js';

/** Why two images belong together: equal pixels, similar thumbnails, or adjacent crops of one field. */
export type NeighbourKind = 'same-pixels' | 'alike' | 'adjacent';

/** Two images of a dataset that belong together; `first` comes before `second`. */
export interface Neighbours {
  readonly first: string;
  readonly second: string;
  readonly kind: NeighbourKind;
  /** Correlation of the thumbnails or borders that were compared, at most 1. */
  readonly correlation: number;
}

/**
 * Least correlation of the borders of adjacent crops. In 664 images of the Data Science Bowl, this and the bound on the
 * seam find 93 % of the pairs within published mosaics, and twelve more pairs; all twelve look adjacent.
 */
const borderCorrelation = 0.95;

/** The difference across the seam may be this many times that between the two outermost lines of either image. */
const seamFactor = 1.3;

/** Grey levels as stored. With less deviation, borders of dark 8-bit images have so few levels that all look alike. */
const minDeviation = 1;

/** Least correlation of the 16 x 16 thumbnails of two images that look alike. */
const thumbnailCorrelation = 0.99;

/**
 * Compares every image with every other. Finds equal pixels, thumbnails that look alike, and adjacent crops of one field,
 * whose borders match. Does not find flipped, rotated or overlapping crops.
 *
 * @returns At most one entry per pair, in the order of the signatures; n images take n^2 / 2 comparisons, nearly all of
 *   which end after a few numbers, see {@link correlationFrom}.
 */
export function findNeighbours(signatures: readonly Signature[]): Neighbours[] {
  const pairs: Neighbours[] = [];
  for (const [index, one] of signatures.entries()) {
    for (let at = index + 1; at < signatures.length; at++) {
      const other = signatures[at]!;
      const match = compare(one, other);
      if (match) pairs.push({ first: one.id, second: other.id, ...match });
    }
  }
  return pairs;
}

function compare(one: Signature, other: Signature): Pick<Neighbours, 'kind' | 'correlation'> | undefined {
  if (one.pixelHash === other.pixelHash) return { kind: 'same-pixels', correlation: 1 };
  if (one.width * other.height === other.width * one.height) {
    const correlation = correlationFrom(thumbnailCorrelation, one.thumbnail, other.thumbnail);
    if (correlation !== undefined) return { kind: 'alike', correlation };
  }
  const seams = [
    seamCorrelation(one.borders.right, other.borders.left),
    seamCorrelation(other.borders.right, one.borders.left),
    seamCorrelation(one.borders.bottom, other.borders.top),
    seamCorrelation(other.borders.bottom, one.borders.top),
  ];
  const correlation = Math.max(...seams);
  return correlation >= borderCorrelation ? { kind: 'adjacent', correlation } : undefined;
}

/** The correlation of two borders if their lines can be adjacent in one field; else -1. */
function seamCorrelation(one: Border, other: Border): number {
  const { length } = one.outer;
  if (length !== other.outer.length || Math.min(one.deviation, other.deviation) < minDeviation) return -1;
  const correlation = correlationFrom(borderCorrelation, one.direction, other.direction);
  if (correlation === undefined) return -1;
  let seam = 0;
  for (let i = 0; i < length; i++) seam += Math.abs(one.outer[i]! - other.outer[i]!);
  return seam / length <= seamFactor * Math.min(one.step, other.step) ? correlation : -1;
}

/** What rounding may add to a sum of 32-bit numbers. */
const rounding = 1e-3;

/**
 * The correlation of two lists of length 1, if it is at least `least`. The square of their distance is `2 - 2 c`, so that a
 * distance which is too large already ends the sum: for lists that have nothing in common after a twentieth of them.
 */
function correlationFrom(least: number, one: Float32Array, other: Float32Array): number | undefined {
  const most = 2 - 2 * least + rounding;
  let squared = 0;
  for (let i = 0; i < one.length; i++) {
    const difference = one[i]! - other[i]!;
    squared += difference * difference;
    if (squared > most) return undefined;
  }
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += one[i]! * other[i]!;
  return sum >= least ? sum : undefined;
}
