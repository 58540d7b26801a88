import type { Example } from '../data/read/example.js';
import { randomFor } from '../random.js';

/**
 * The images of the validation split that are scored: all, or `count` of them, drawn by the seed; in the order of their
 * ids.
 *
 * @param count 0 is all.
 */
export function scoredImages(
  examples: readonly Example[],
  { seed, count }: { readonly seed: number; readonly count: number },
): Example[] {
  if (count === 0 || count >= examples.length) return [...examples];
  const drawn = randomFor(seed, 'validation-images').shuffle(examples.map((_, index) => index));
  const kept = new Set(drawn.slice(0, count));
  return examples.filter((_, index) => kept.has(index));
}
