import type { Random } from '../random.js';
import type { ImageEvaluation } from './evaluate-image.js';

/** What a resampled mean lies between. */
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
  /** Of the scores, positive where the other set is better. */
  readonly difference: number;
  /** Of the difference, by the paired bootstrap over images. */
  readonly interval: Interval;
  readonly better: number;
  readonly worse: number;
  readonly equal: number;
  /** Every image, the largest difference first, then by id. */
  readonly images: readonly ImageDifference[];
}

/** Resamplings of a bootstrap: the ends of the interval then move by about 1 % of its width from seed to seed. */
export const bootstrapResamples = 10_000;

/** Share of the resampled means that the interval holds. */
export const intervalLevel = 0.95;

/**
 * Compares two sets of predictions of the same images, image by image.
 *
 * The interval says how far the difference may be due to which images happen to be in the data. Images that are crops
 * of one field count as independent, which makes it too narrow where there are many.
 *
 * @param random Its draws depend only on the number of images.
 * @throws {RangeError} If the ids differ in number or order, or there is none.
 */
export function compareImages(
  first: readonly ImageEvaluation[],
  other: readonly ImageEvaluation[],
  random: Random,
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
    interval: bootstrapMean(differences, random),
    better: count((difference) => difference > 0),
    worse: count((difference) => difference < 0),
    equal: count((difference) => difference === 0),
    images: images.sort(
      (one, two) => Math.abs(two.difference) - Math.abs(one.difference) || (one.id < two.id ? -1 : 1),
    ),
  };
}

/**
 * The percentile interval of the mean: `values` are drawn anew with replacement {@link bootstrapResamples} times.
 *
 * @param values At least one; equal values give an interval of width 0.
 *
 * Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
 */
export function bootstrapMean(values: readonly number[], random: Random): Interval {
  if (values.length === 0) throw new RangeError('Expected at least one value to resample');
  const means = new Float64Array(bootstrapResamples);
  for (let resample = 0; resample < bootstrapResamples; resample++) {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw++) sum += values[random.integer(values.length)]!;
    means[resample] = sum / values.length;
  }
  means.sort();
  const tail = (1 - intervalLevel) / 2;
  const at = (share: number) => means[Math.round(share * (bootstrapResamples - 1))]!;
  return { low: at(tail), high: at(1 - tail) };
}
