/**
 * The smallest value that has this fraction of all values at or below it.
 *
 * @param counts How often each value occurs, from 0 on.
 * @returns 0 of no values.
 */
export function quantileOfCounts(counts: Uint32Array, fraction: number): number {
  const wanted = fraction * counts.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  return counts.findIndex((count) => (seen += count) >= wanted);
}
