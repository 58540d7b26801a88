/** Values of any type as the 8 or 16 bits that images have, in proportion. */
import type { MissingValues, ValueScale } from '../image.js';
import { nearValues } from '../near-values.js';
import type { PlaneValues } from './read-plane.js';

export interface ImageValues {
  readonly values: Uint8Array | Uint16Array;
  /** Absent where the values are those of the file. */
  readonly scale?: ValueScale;
  /** Absent where all are finite. */
  readonly missing?: MissingValues;
}

/**
 * Values that 8 or 16 bits hold stay as they are; signed ones are shifted so that the least that there can be becomes 0.
 * Wider integers that span at most 65,535 are shifted by their least. All else is brought to 16 bits by its percentiles
 * 0.1 and 99.9, with room for twice as much on both sides, so that far values take nothing from the rest (see
 * `nearValues`). What is not finite becomes the median.
 */
export function toImageValues(values: PlaneValues): ImageValues {
  const samples = needsSamples(values) ? [sampleOf(values, 1)] : [];
  const { convert, scale, missing } = conversionOf(values, samples);
  return { values: convert(values), ...(scale && { scale }), ...(missing && { missing }) };
}

/** Part of the values of an image, for its percentiles. */
export interface ValueSample {
  /** Finite ones, evenly spaced over the part. */
  readonly finite: Float64Array;
  /** Of all finite values of the part; infinite without one. */
  readonly least: number;
  readonly most: number;
  /** How many values of the part are not finite. */
  readonly missing: number;
}

/** A million values are enough for percentiles: 0.1 % of them are a thousand. */
const sampleSize = 1e6;

/** @param parts How many parts of about this size the image has. */
export function sampleOf(values: PlaneValues, parts: number): ValueSample {
  const step = Math.max(1, Math.floor((values.length * parts) / sampleSize));
  const finite = new Float64Array(Math.ceil(values.length / step));
  let count = 0;
  let [least, most, missing] = [Infinity, -Infinity, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      missing++;
      continue;
    }
    if (value < least) least = value;
    if (value > most) most = value;
    if (i % step === 0) finite[count++] = value;
  }
  return { finite: finite.subarray(0, count), least, most, missing };
}

export interface Conversion {
  readonly depth: 'uchar' | 'ushort';
  /** Absent where the values are those of the file. */
  readonly scale?: ValueScale;
  readonly missing?: MissingValues;
  readonly convert: (values: PlaneValues) => ImageValues['values'];
}

/** Whether it takes the values of the whole image to know how one of this type is brought to 8 or 16 bits. */
export const needsSamples = (like: PlaneValues): boolean => like.BYTES_PER_ELEMENT > 2;

/**
 * @param like Values of the image's type.
 * @param samples Of all of the image, if {@link needsSamples}.
 */
export function conversionOf(like: PlaneValues, samples: readonly ValueSample[]): Conversion {
  if (like instanceof Uint8Array) return { depth: 'uchar', convert: (values) => values as Uint8Array };
  if (like instanceof Uint16Array) return { depth: 'ushort', convert: (values) => values as Uint16Array };
  if (like instanceof Int8Array) {
    const convert = (values: PlaneValues) => Uint8Array.from(values, (value) => value + 128);
    return { depth: 'uchar', scale: { offset: -128, factor: 1 }, convert };
  }
  if (like instanceof Int16Array) return shifted(-32_768);
  const least = Math.min(...samples.map((sample) => sample.least));
  const most = Math.max(...samples.map((sample) => sample.most));
  const isWhole = like instanceof Uint32Array || like instanceof Int32Array;
  if (isWhole && most - least <= 65_535) return shifted(least);
  const finite = Float64Array.from(samples.flatMap((sample) => [...sample.finite])).sort();
  // Without a finite value there is nothing to see.
  if (finite.length === 0) return { depth: 'ushort', convert: (values) => new Uint16Array(values.length) };
  const { first, last } = nearValues(finite);
  const near = finite.subarray(first, last + 1);
  const at = (fraction: number) => near[Math.min(near.length - 1, Math.floor(fraction * near.length))]!;
  const [low, median, high] = [at(0.001), at(0.5), at(0.999)];
  const bottom = Math.max(least, low - 2 * (high - low));
  const top = Math.min(most, high + 2 * (high - low));
  const factor = top > bottom ? (top - bottom) / 65_535 : 1;
  const stored = (value: number) => Math.round((Math.min(Math.max(value, bottom), top) - bottom) / factor);
  const instead = stored(median);
  const convert = (values: PlaneValues) => {
    const scaled = new Uint16Array(values.length);
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      scaled[i] = Number.isFinite(value) ? stored(value) : instead;
    }
    return scaled;
  };
  const count = samples.reduce((sum, sample) => sum + sample.missing, 0);
  return {
    ...{ depth: 'ushort', scale: { offset: bottom, factor }, convert },
    ...(count > 0 && { missing: { value: instead, count } }),
  };
}

function shifted(offset: number): Conversion {
  const convert = (values: PlaneValues) => Uint16Array.from(values, (value) => value - offset);
  return { depth: 'ushort', scale: { offset, factor: 1 }, convert };
}
