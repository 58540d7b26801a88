/** Which images show the same thing, found from their pixels. */
import type { Border, Signature } from './signature.js';

/** Why two images belong together. */
export type NeighbourKind = 'same-pixels' | 'alike' | 'neighbours';

/** Two images of a dataset; `first` stands before `second`. */
export interface Neighbours {
  readonly first: string;
  readonly second: string;
  readonly kind: NeighbourKind;
  /** Correlation of what was compared, at most 1. */
  readonly correlation: number;
}

/**
 * Correlation of two borders that continue each other. Of 664 images of the Data Science Bowl, this and the bound on
 * the seam find 93 % of the pairs within published mosaics; twelve pairs beyond those, looked at, all continue.
 */
const borderCorrelation = 0.95;

/** The seam may differ by this much more than neighbouring lines within the quieter of the two images. */
const seamFactor = 1.3;

/** Grey levels as stored. Below this the few levels of a dark 8-bit border make all such look alike. */
const minDeviation = 1;

/** Correlation of 16 x 16 thumbnails that makes two images look alike. */
const thumbnailCorrelation = 0.99;

/**
 * Compares every image with every other: equal pixels; thumbnails that look alike; and crops of one field, whose
 * borders continue each other. Flips, turns and crops that overlap by more than a border are not looked for.
 *
 * @returns One relation a pair, in the order of the portraits; n images take n^2 / 2 comparisons (664: 2 s).
 */
export function findNeighbours(portraits: readonly Signature[]): Neighbours[] {
  const relations: Neighbours[] = [];
  for (const [index, one] of portraits.entries()) {
    for (const other of portraits.slice(index + 1)) {
      const relation = relationOf(one, other);
      if (relation) relations.push({ first: one.id, second: other.id, ...relation });
    }
  }
  return relations;
}

function relationOf(one: Signature, other: Signature): Pick<Neighbours, 'kind' | 'correlation'> | undefined {
  if (one.pixelHash === other.pixelHash) return { kind: 'same-pixels', correlation: 1 };
  if (one.width * other.height === other.width * one.height) {
    const correlation = dot(one.thumbnail, other.thumbnail);
    if (correlation >= thumbnailCorrelation) return { kind: 'alike', correlation };
  }
  const seams = [
    seamCorrelation(one.borders.right, other.borders.left),
    seamCorrelation(other.borders.right, one.borders.left),
    seamCorrelation(one.borders.bottom, other.borders.top),
    seamCorrelation(other.borders.bottom, one.borders.top),
  ];
  const correlation = Math.max(...seams);
  return correlation >= borderCorrelation ? { kind: 'neighbours', correlation } : undefined;
}

/** The correlation of two borders, if their lines may lie side by side in one field; else -1. */
function seamCorrelation(one: Border, other: Border): number {
  const { length } = one.outer;
  if (length !== other.outer.length || Math.min(one.deviation, other.deviation) < minDeviation) return -1;
  const correlation = dot(one.direction, other.direction);
  if (correlation < borderCorrelation) return -1;
  let seam = 0;
  for (let i = 0; i < length; i++) seam += Math.abs(one.outer[i]! - other.outer[i]!);
  return seam / length <= seamFactor * Math.min(one.step, other.step) ? correlation : -1;
}

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += one[i]! * other[i]!;
  return sum;
}
