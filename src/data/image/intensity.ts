/**
 * Which values of an image are shown as black and white. One rule: {@link shownRange} of an image and the config's
 * `data.intensity`, in training (it sets `Example.intensity`) as in prediction.
 */
import type { Image, MissingValues } from './image.js';
import { nearValues } from './near-values.js';
import { quantileOfCounts } from './quantile-of-counts.js';

/** The values of an image that are shown as black and as white. */
export interface IntensityRange {
  readonly black: number;
  /** Above `black`. */
  readonly white: number;
}

/**
 * Quantiles of the values that become black and white. Cameras use a small part of 16 bits, and a few hot pixels must not
 * decide which. 0.1 % of 256 x 256 pixels are 65 pixels.
 */
const lowQuantile = 0.001;
const highQuantile = 0.999;

/**
 * The narrowest range of an 8-bit image, 3 % of its scale, so that the noise of an empty image stays dim. The dimmest
 * image of DSB2018 has 25 values. A 16-bit image has no such limit: a camera may use any part of 16 bits.
 */
const narrowest = 8;

/**
 * The range of an image: its percentiles 0.1 and 99.9, of all channels together, since separate ones would change colours.
 * Far values, see {@link nearValues}, do not count where they would be black or white themselves.
 *
 * @param image With at least one value.
 * @returns For each percentile the smallest value that has this fraction of the values at or below it. A range narrower than
 *   the least (8 for 8 bits, 1 for 16) is widened upwards, or downwards at the end of the scale.
 */
export function intensityRange(image: Pick<Image, 'data' | 'missing'>): IntensityRange {
  return rangeOfCounts(countsOf(image));
}

/** How often each value occurs: `[256]` for 8 bits, `[65536]` for 16. */
function valueCounts(values: Uint8Array | Uint16Array): Uint32Array {
  const counts = new Uint32Array(values instanceof Uint8Array ? 256 : 65536);
  for (let i = 0; i < values.length; i++) counts[values[i]!]! += 1;
  return counts;
}

/** {@link valueCounts} without the values that the file does not tell. */
export const countsOf = ({ data, missing }: Pick<Image, 'data' | 'missing'>): Uint32Array =>
  withoutMissing(valueCounts(data), missing);

/** @returns The same counts, changed. */
export function withoutMissing(counts: Uint32Array, missing: MissingValues | undefined): Uint32Array {
  if (missing) counts[missing.value] = Math.max(0, counts[missing.value]! - missing.count);
  return counts;
}

/** {@link intensityRange} from {@link valueCounts}. */
function rangeOfCounts(counts: Uint32Array): IntensityRange {
  const highest = counts.length - 1;
  const width = highest === 255 ? narrowest : 1;
  const all = quantilesOf(counts, 0, highest);
  const values = Uint16Array.from(counts.keys()).filter((value) => counts[value]! > 0);
  const { first, last } = nearValues(values, (index) => counts[values[index]!]!);
  const [least, most] = [values[first] ?? 0, values[last] ?? highest];
  const isFar = all.black < least || all.white > most;
  const { black: low, white: high } = isFar ? quantilesOf(counts, least, most) : all;
  const black = Math.min(low, highest - width);
  return { black, white: Math.max(high, black + width) };
}

/** The quantiles of the values from `least` to `most`. */
function quantilesOf(counts: Uint32Array, least: number, most: number): IntensityRange {
  const near = counts.subarray(least, most + 1);
  const quantile = (fraction: number) => least + quantileOfCounts(near, fraction);
  return { black: quantile(lowQuantile), white: quantile(highQuantile) };
}

/** `full`: an 8-bit image is shown with its whole scale. `stretched`: with the range of {@link intensityRange}. */
export type IntensityMode = 'full' | 'stretched';

/**
 * The values of an image that a network sees as black and as white, in training and in prediction. A 16-bit image always
 * has the range of {@link intensityRange}.
 *
 * @param image Its pixels, or how often each value occurs, as in a `StoredImage`.
 * @returns Undefined for the whole scale of an 8-bit image.
 */
export function shownRange(
  image: Image | { readonly counts: Uint32Array },
  mode: IntensityMode,
): IntensityRange | undefined {
  if ('counts' in image)
    return mode === 'full' && image.counts.length === 256 ? undefined : rangeOfCounts(image.counts);
  return mode === 'full' && image.data instanceof Uint8Array ? undefined : intensityRange(image);
}

/**
 * An 8-bit copy of an image: `black` becomes 0 and `white` 255; values between are scaled in proportion, values outside are
 * clipped. Without a range an 8-bit image is returned as it is, and a 16-bit image is shown with {@link intensityRange}.
 */
export function toEightBits(image: Image, range?: IntensityRange): Image & { readonly data: Uint8Array } {
  const { data } = image;
  if (data instanceof Uint8Array && !range) return { ...image, data };
  const { black, white } = range ?? intensityRange(image);
  const scaled = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i++) scaled[i] = (255 * (data[i]! - black)) / (white - black);
  return { ...image, data: new Uint8Array(scaled.buffer) };
}

export const clampToUnit = (value: number): number => (value < 0 ? 0 : value > 1 ? 1 : value);
