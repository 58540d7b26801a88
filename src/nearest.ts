import { closest, distance } from 'fastest-levenshtein';

/** No name is longer, and the distance takes quadratic time. */
const maxLength = 64;

/**
 * The candidate that `written` may be a slip of: at most two letters away, or a third of the candidate's.
 *
 * @returns undefined if none is near.
 */
export function nearestOf(written: string, candidates: readonly string[]): string | undefined {
  if (written.length > maxLength || candidates.length === 0) return undefined;
  const nearest = closest(written, candidates);
  return distance(written, nearest) <= Math.max(2, nearest.length / 3) ? nearest : undefined;
}
