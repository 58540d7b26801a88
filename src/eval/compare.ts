import type { Random } from '../random.js';
import type { ImageEvaluation } from './evaluate-image.js';

/** A confidence interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** How the score of one image differs between two sets of predictions. */
export interface ImageDifference {
  readonly id: string;
  /** The image's score in the first set. */
  readonly before: number;
  /** The image's score in the other set. */
  readonly after: number;
  /** `after - before`. */
  readonly difference: number;
}

/** One set of predictions against the first. */
export interface Comparison {
  /** Difference of the scores; positive where the other set is better. */
  readonly difference: number;
  /** Confidence interval of the difference, by the paired bootstrap over groups of images. */
  readonly interval: Interval;
  readonly better: number;
  readonly worse: number;
  readonly equal: number;
  /** Every image, the largest difference first, then by id. */
  readonly images: readonly ImageDifference[];
}

/** Resamples of a bootstrap: the ends of the interval then move by about 1 % of its width from seed to seed. */
export const bootstrapResamples = 10_000;

/** Fraction of the resampled means within the interval. */
export const intervalLevel = 0.95;

/**
 * Compares two sets of predictions of the same images, image by image.
 *
 * The interval covers the chance of which images are in the data. Images that belong together, such as crops of one
 * field, are drawn together; treated as independent they would make the interval too narrow.
 *
 * @param groupOf The group of each image id; without it each image is its own group.
 * @param random Its draws depend only on the number of groups.
 * @throws {RangeError} If the ids differ in number or order, or there is none.
 */
export function compareImages(
  first: readonly ImageEvaluation[],
  other: readonly ImageEvaluation[],
  {
    random,
    groupOf,
  }: { readonly random: Random; readonly groupOf?: ReadonlyMap<string, string> | undefined },
): Comparison {
  if (first.length !== other.length || first.some(({ id }, index) => id !== other[index]!.id)) {
    throw new RangeError('Expected two evaluations of the same images in the same order');
  }
  const images = first.map(({ id, score: before }, index): ImageDifference => {
    const after = other[index]!.score;
    return { id, before, after, difference: after - before };
  });
  const differences = images.map(({ difference }) => difference);
  const count = (holds: (difference: number) => boolean) => differences.filter(holds).length;
  return {
    difference: differences.reduce((sum, difference) => sum + difference, 0) / differences.length,
    interval: bootstrapMean(grouped(images, groupOf), random),
    better: count((difference) => difference > 0),
    worse: count((difference) => difference < 0),
    equal: count((difference) => difference === 0),
    images: images.toSorted(
      (one, two) => Math.abs(two.difference) - Math.abs(one.difference) || (one.id < two.id ? -1 : 1),
    ),
  };
}

/** The differences of each group, in the order of their first images; an image without a group is its own. */
function grouped(
  images: readonly ImageDifference[],
  groupOf: ReadonlyMap<string, string> | undefined,
): number[][] {
  const groups = new Map<string, number[]>();
  for (const { id, difference } of images) {
    const group = groupOf?.get(id);
    const key = group === undefined ? `image ${id}` : `group ${group}`;
    const known = groups.get(key) ?? [];
    groups.set(key, known);
    known.push(difference);
  }
  return [...groups.values()];
}

/**
 * The percentile interval of the mean of all values: {@link bootstrapResamples} times, as many whole groups as there are
 * are drawn with replacement, and the mean of their values is taken.
 *
 * @param groups At least one, none empty; groups of one value each are the plain bootstrap.
 *
 * Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 13; groups: Davison & Hinkley,
 * Bootstrap Methods and their Application (1997), section 3.8.
 */
export function bootstrapMean(groups: readonly (readonly number[])[], random: Random): Interval {
  if (groups.length === 0) throw new RangeError('Expected at least one value to resample');
  const sums = groups.map((values) => values.reduce((sum, value) => sum + value, 0));
  const means = new Float64Array(bootstrapResamples);
  for (let resample = 0; resample < bootstrapResamples; resample++) {
    let sum = 0;
    let count = 0;
    for (let draw = 0; draw < groups.length; draw++) {
      const group = random.integer(groups.length);
      sum += sums[group]!;
      count += groups[group]!.length;
    }
    means[resample] = sum / count;
  }
  means.sort();
  const tail = (1 - intervalLevel) / 2;
  const at = (fraction: number) => means[Math.round(fraction * (bootstrapResamples - 1))]!;
  return { low: at(tail), high: at(1 - tail) };
}
