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
 * The range of a 16-bit image: its percentiles 0.1 and 99.9, all channels together, since one each would turn colours.
 *
 * @param values At least one.
 * @returns The smallest value at or below which lie the share of values; `white` is `black + 1` for a flat image.
 */
export function intensityRange(values: Uint16Array): IntensityRange {
  const counts = new Uint32Array(65536);
  for (const value of values) counts[value]! += 1;
  const percentile = (share: number) => {
    let seen = 0;
    return counts.findIndex((count) => (seen += count) >= share * values.length);
  };
  const black = percentile(lowShare);
  return { black, white: Math.max(percentile(highShare), black + 1) };
}

/**
 * An 8-bit copy of an image: `black` becomes 0, `white` 255, what lies between is in proportion and what lies outside
 * is cut off. Without a range the image has to be 8-bit, and is given back itself.
 */
export function toEightBits(image: Image, range?: IntensityRange): Image & { readonly data: Uint8Array } {
  const { data } = image;
  if (data instanceof Uint8Array) return { ...image, data };
  const { black, white } = range ?? intensityRange(data);
  const scaled = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i++) scaled[i] = (255 * (data[i]! - black)) / (white - black);
  return { ...image, data: new Uint8Array(scaled.buffer) };
}
