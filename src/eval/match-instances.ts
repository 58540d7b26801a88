import type { InstancePair, Overlaps } from './overlaps.js';

/**
 * The IoU thresholds of the score in percent: integers keep comparisons exact, since 0.55, for example, is no binary
 * fraction.
 *
 * Source: evaluation text of the 2018 Data Science Bowl, 0.5 to 0.95 in steps of 0.05.
 */
export const iouPercents = [50, 55, 60, 65, 70, 75, 80, 85, 90, 95] as const;

/**
 * Whether a pair is a hit: its IoU is *greater* than the threshold. Exact for images below 9e13 px.
 *
 * @param percent Threshold in percent, an integer.
 */
export function exceedsIou({ intersection, union }: InstancePair, percent: number): boolean {
  return 100 * intersection > percent * union;
}

/**
 * The pairs whose IoU is greater than 1/2. Instances of one label image are disjoint, so each instance is in at most
 * one such pair: there is no assignment to solve and no tie to break.
 *
 * @returns Empty where nothing matches.
 */
export function matchInstances({ pairs }: Overlaps): InstancePair[] {
  return pairs.filter((pair) => exceedsIou(pair, iouPercents[0]));
}
