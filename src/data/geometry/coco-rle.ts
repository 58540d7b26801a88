/**
 * Run lengths in the format of COCO: alternating counts of pixels outside and inside, down the columns from the top left.
 * The first count is of pixels outside (0 if the first pixel is inside).
 *
 * Source: github.com/cocodataset/cocoapi, common/maskApi.c (the format; the code is ours).
 */
import type { Size } from './rect.js';
import { decodeRuns, encodeRuns } from './rle.js';

/** The counts of a mask. Their sum is the number of pixels. A mask without pixels gives one count. */
export function cocoCounts(runs: Int32Array, size: Size): number[] {
  const columns = encodeRuns(runs, size);
  const counts: number[] = [];
  let end = 0;
  for (let run = 0; run < columns.length; run += 2) {
    const start = columns[run]! - 1;
    counts.push(start - end, columns[run + 1]!);
    end = start + columns[run + 1]!;
  }
  const rest = size.width * size.height - end;
  return rest > 0 ? [...counts, rest] : counts;
}

/**
 * The runs of a mask from its counts; the inverse of {@link cocoCounts}.
 *
 * @throws {RangeError} For counts that are negative, not whole numbers, or whose sum is not the number of pixels.
 */
export function runsOfCocoCounts(counts: readonly number[], size: Size): Int32Array {
  const pixels = size.width * size.height;
  const columns: number[] = [];
  let at = 0;
  for (const [index, count] of counts.entries()) {
    if (!Number.isInteger(count) || count < 0)
      throw new RangeError(`Expected counts from 0, received ${count}`);
    if (index % 2 === 1 && count > 0) columns.push(at + 1, count);
    at += count;
  }
  if (at !== pixels) throw new RangeError(`Expected counts of ${pixels} pixels, received ${at}`);
  return decodeRuns(Int32Array.from(columns), size);
}

/** From this index on, a count is written as its difference to the count two before it. */
const firstDifference = 3;

/** Counts as a string: groups of 5 bits, lowest first, one character each ('0' + group); bit 5 = more groups follow. */
export function packCocoCounts(counts: readonly number[]): string {
  let text = '';
  counts.forEach((count, index) => {
    let value = index >= firstDifference ? count - counts[index - 2]! : count;
    for (let more = true; more;) {
      const group = value & 0x1f;
      value >>= 5;
      // Done when only the sign is left, which is bit 4 of the last group.
      more = value !== ((group & 0x10) === 0 ? 0 : -1);
      text += String.fromCharCode(48 + group + (more ? 0x20 : 0));
    }
  });
  return text;
}

/**
 * The inverse of {@link packCocoCounts}.
 *
 * @throws {RangeError} For a character that is not part of the format, or a string that ends within a number.
 */
export function unpackCocoCounts(text: string): number[] {
  const counts: number[] = [];
  let [value, shift] = [0, 0];
  for (const character of text) {
    const group = character.charCodeAt(0) - 48;
    if (group < 0 || group > 0x3f || shift > 30)
      throw new RangeError(`Unexpected \`${character}\` in a COCO mask`);
    value |= (group & 0x1f) << shift;
    shift += 5;
    if ((group & 0x20) !== 0) continue;
    // The sign fills the bits above the last group.
    if ((group & 0x10) !== 0 && shift < 32) value |= -1 << shift;
    counts.push(counts.length >= firstDifference ? value + counts.at(-2)! : value);
    [value, shift] = [0, 0];
  }
  if (shift > 0) throw new RangeError('Expected a complete COCO mask, but its string ends within a number');
  return counts;
}
