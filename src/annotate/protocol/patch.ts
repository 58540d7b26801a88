/** A change of a rectangle of a label map, as run lengths: what a tool of the page makes and what the log keeps. */
import type { Rect, Size } from '../../data/geometry/rect.js';

/** Stands in {@link Patch.runs} for "this pixel stays as it is". */
export const unchanged = -1;

/** Labels of 31 bits fit into label images of every program. */
const maxLabel = 2 ** 31 - 1;

/** New labels for the pixels of a rectangle of at least 1 x 1 px. */
export interface Patch extends Rect {
  /**
   * Pairs (value, count), row by row over the rectangle; a run may continue in the next row. The value is a label, 0 for
   * background, or {@link unchanged}. The counts are at least 1, and their sum is `width * height`.
   */
  readonly runs: readonly number[];
}

/** Called for a piece of a patch within one row: `count` pixels from `start`, px of the label map, get `value`. */
type Visit = (start: number, count: number, value: number) => void;

/** Visits the pieces of a patch that change something, row by row. */
export function forEachPiece({ x, y, width, runs }: Patch, imageWidth: number, visit: Visit): void {
  let at = 0;
  for (let run = 0; run < runs.length; run += 2) {
    const value = runs[run]!;
    const end = at + runs[run + 1]!;
    if (value === unchanged) at = end;
    while (at < end) {
      const column = at % width;
      const count = Math.min(end - at, width - column);
      visit((y + Math.floor(at / width)) * imageWidth + x + column, count, value);
      at += count;
    }
  }
}

/** What is wrong with a patch for a label map of this size, as a sentence; undefined if nothing is. */
export function problemOfPatch(patch: Patch, size: Size): string | undefined {
  const { width, height, runs } = patch;
  const outside = problemOfRegion(patch, size);
  if (outside !== undefined) return outside;
  if (runs.length % 2 === 1) return 'The runs of a patch are pairs of value and count.';
  let pixels = 0;
  for (let run = 0; run < runs.length; run += 2) {
    const value = runs[run]!;
    const count = runs[run + 1]!;
    if (!Number.isInteger(value) || value < unchanged || value > maxLabel) {
      return `The value ${value} of a patch is not ${unchanged} or a label from 0 to ${maxLabel}.`;
    }
    if (!Number.isInteger(count) || count < 1) return `A run of a patch has ${count} pixels.`;
    pixels += count;
  }
  if (pixels === width * height) return undefined;
  return `The runs of a patch have ${pixels} pixels, but its rectangle has ${width} x ${height}.`;
}

/** What is wrong with a rectangle in an image of this size, as a sentence; undefined if nothing is. */
export function problemOfRegion({ x, y, width, height }: Rect, image: Size): string | undefined {
  const isWhole = [x, y, width, height].every((value) => Number.isInteger(value));
  const isInside = x >= 0 && y >= 0 && x + width <= image.width && y + height <= image.height;
  if (isWhole && isInside && width >= 1 && height >= 1) return undefined;
  return `The rectangle ${x}, ${y}, ${width} x ${height} px is not one of whole pixels inside the image, which has ${image.width} x ${image.height}.`;
}

/**
 * Changes the label map.
 *
 * @param patch Fits: see {@link problemOfPatch}.
 * @returns The patch that changes it back.
 */
export function applyPatch(labels: Uint32Array, imageWidth: number, patch: Patch): Patch {
  const { x, y, width, height } = patch;
  const before = new RunWriter();
  let done = 0;
  forEachPiece(patch, imageWidth, (start, count, value) => {
    const row = Math.floor(start / imageWidth) - y;
    const at = row * width + (start % imageWidth) - x;
    before.push(unchanged, at - done);
    for (let pixel = start; pixel < start + count; pixel++) before.push(labels[pixel]!, 1);
    labels.fill(value, start, start + count);
    done = at + count;
  });
  before.push(unchanged, width * height - done);
  return { x, y, width, height, runs: before.runs };
}

/**
 * The patch that gives the pixels of a rectangle new labels.
 *
 * @param values Row by row over the rectangle: a label, or {@link unchanged}.
 */
export function patchOfValues({ x, y, width, height }: Rect, values: ArrayLike<number>): Patch {
  const writer = new RunWriter();
  for (let at = 0; at < width * height; at++) writer.push(values[at]!, 1);
  return { x, y, width, height, runs: writer.runs };
}

/** Pairs (value, count) in which neighbours differ. */
class RunWriter {
  readonly runs: number[] = [];

  push(value: number, count: number): void {
    if (count === 0) return;
    const { runs } = this;
    if (runs.length > 0 && runs[runs.length - 2] === value) runs[runs.length - 1]! += count;
    else runs.push(value, count);
  }
}
