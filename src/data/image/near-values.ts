/** Values that are no light: rows of -9999 where nothing was measured, saturated hot pixels. */

/** More values than this are no exception, but part of the picture. */
const mostFar = 0.01;

/** A gap of as many times the range of all other values is none that nuclei leave: their blurred borders fill it. */
const widestGap = 8;

/** With so few levels behind it, a gap as wide as the range of all other values is enough: a number that stands for something. */
const fewLevels = 2;

/** An image has at least so many levels; with fewer, nothing tells a gap from the next level. */
const leastLevels = 16;

/**
 * Which values of an image are near each other: all but at most 1 % at each end that lie behind a gap. Sparse nuclei are
 * near, however bright they are.
 *
 * @param values Ascending; the same value may occur several times.
 * @param countOf How often the value with an index occurs; default: once.
 * @returns Indices of the first and the last one; those of all values if none is far. 0 and -1 of no values.
 */
export function nearValues(
  values: ArrayLike<number>,
  countOf: (index: number) => number = () => 1,
): { first: number; last: number } {
  const all = { first: 0, last: values.length - 1 };
  let total = 0;
  for (let index = 0; index < values.length; index++) total += countOf(index);
  let [first, last] = [0, all.last];
  for (let below = countOf(0); below < mostFar * total; below += countOf(++first));
  for (let above = countOf(last); above < mostFar * total; above += countOf(--last));
  if (last <= first || levelsOf(values, first, last, 1) < leastLevels) return all;
  for (let before = -1; before !== last - first;) {
    before = last - first;
    while (last < all.last && !isFar(values, last, 1, values[last]! - values[first]!)) last++;
    while (first > 0 && !isFar(values, first, -1, values[last]! - values[first]!)) first--;
  }
  return { first, last };
}

/** Whether what follows the value at an index is far from it. @param range Of the near values. */
function isFar(values: ArrayLike<number>, index: number, step: 1 | -1, range: number): boolean {
  const gap = Math.abs(values[index + step]! - values[index]!);
  if (gap <= range) return false;
  if (gap > widestGap * range) return true;
  return levelsOf(values, index + step, step === 1 ? values.length - 1 : 0, step) <= fewLevels;
}

/** Different values between two indices, at most {@link leastLevels}. */
function levelsOf(values: ArrayLike<number>, from: number, to: number, step: 1 | -1): number {
  let levels = 1;
  for (let index = from; index !== to && levels < leastLevels; index += step)
    if (values[index + step] !== values[index]) levels++;
  return levels;
}
