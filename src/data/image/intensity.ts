import type { Image } from './image.js';

/** Which values of an image are shown as black and as white. */
export interface IntensityRange {
  readonly black: number;
  /** Above `black`. */
  readonly white: number;
}

/**
 * Shares of the values that become black and white: cameras fill a small part of 16 bits, and a few hot pixels should
 * not decide which. 0.1 % and 99.9 % are 65 pixels each of 256 x 256.
 */
const lowShare = 0.001;
const highShare = 0.999;

/**
 * The narrowest range of an 8-bit image, 3 % of its scale, so that the noise of an empty image stays dim. The dimmest
 * image of DSB2018 fills 25 values. 16 bits have no such scale: a camera may fill any part of it.
 */
const narrowest = 8;

/**
 * The range of an image: its percentiles 0.1 and 99.9, all channels together, since one each would turn colours.
 *
 * @param values At least one.
 * @returns The smallest value at or below which lie the share of values. A narrower range than there may be (8 of 8
 *   bits, 1 of 16) is widened upwards, or downwards at the end of the scale.
 */
export function intensityRange(values: Uint8Array | Uint16Array): IntensityRange {
  const counts = new Uint32Array(values instanceof Uint8Array ? 256 : 65536);
  for (let i = 0; i < values.length; i++) counts[values[i]!]! += 1;
  return rangeOfCounts(counts);
}

/** {@link intensityRange} of values that have been counted: `[256]` for 8 bits, `[65536]` for 16. */
function rangeOfCounts(counts: Uint32Array): IntensityRange {
  const highest = counts.length - 1;
  const width = highest === 255 ? narrowest : 1;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const percentile = (share: number) => {
    let seen = 0;
    return counts.findIndex((count) => (seen += count) >= share * total);
  };
  const black = Math.min(percentile(lowShare), highest - width);
  return { black, white: Math.max(percentile(highShare), black + width) };
}

/** How much of its scale a network sees of an 8-bit image; the config explains it. */
export type IntensityMode = 'full' | 'stretched';

/**
 * What a network sees as black and as white of an image, in training as in prediction.
 *
 * @param image Its pixels, or how often each value occurs, as of a `StoredImage`.
 * @returns Undefined for the whole scale of an 8-bit image.
 */
export function shownRange(
  image: Image | { readonly counts: Uint32Array },
  mode: IntensityMode,
): IntensityRange | undefined {
  if ('counts' in image)
    return mode === 'full' && image.counts.length === 256 ? undefined : rangeOfCounts(image.counts);
  return mode === 'full' && image.data instanceof Uint8Array ? undefined : intensityRange(image.data);
}

/**
 * An 8-bit copy of an image: `black` becomes 0, `white` 255, what lies between is in proportion and what lies outside
 * is cut off. Without a range an 8-bit image is given back itself, and a 16-bit image is shown in its own range.
 */
export function toEightBits(image: Image, range?: IntensityRange): Image & { readonly data: Uint8Array } {
  const { data } = image;
  if (data instanceof Uint8Array && !range) return { ...image, data };
  const { black, white } = range ?? intensityRange(data);
  const scaled = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i++) scaled[i] = (255 * (data[i]! - black)) / (white - black);
  return { ...image, data: new Uint8Array(scaled.buffer) };
}

export const clampToUnit = (value: number): number => (value < 0 ? 0 : value > 1 ? 1 : value);
