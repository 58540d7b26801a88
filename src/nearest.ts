import { closest, distance } from 'fastest-levenshtein';

/** Longer than any name; the time of the distance is quadratic. */
const maxLength = 64;

/**
 * The name that `written` is probably a typing error of: at most two letters away, or a third of the name's letters.
 *
 * @returns undefined if none is near.
 */
export function nearestOf(written: string, names: readonly string[]): string | undefined {
  if (written.length > maxLength || names.length === 0) return undefined;
  const nearest = closest(written, names);
  return distance(written, nearest) <= Math.max(2, nearest.length / 3) ? nearest : undefined;
}
