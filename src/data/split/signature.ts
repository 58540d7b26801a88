import type { Image } from '../image/image.js';
import { toEightBits } from '../image/intensity.js';
import { pixelHashOf } from '../image/pixel-hash.js';
import { modalityOf, type Modality } from './modality.js';

/** What is kept of an image to compare it with all others: 20 KB instead of its pixels. */
export interface Signature {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly modality: Modality;
  /** See {@link pixelHashOf}. */
  readonly pixelHash: string;
  /** Mean grey of 16 x 16 equal parts, minus their mean and scaled to length 1; all 0 for a flat image. */
  readonly thumbnail: Float32Array;
  readonly borders: Readonly<Record<'left' | 'right' | 'top' | 'bottom', Border>>;
}

/** One border of an image, in grey values as stored. */
export interface Border {
  /** The outermost line of pixels. */
  readonly outer: Float32Array;
  /** Mean absolute difference to the next line inwards. */
  readonly step: number;
  /** Standard deviation of the line. */
  readonly deviation: number;
  /** The line minus its mean, scaled to length 1; all 0 for a flat line. */
  readonly direction: Float32Array;
}

const thumbnailSide = 16;

export function signatureOf(id: string, original: Image): Signature {
  const { width, height } = original;
  // Values as stored: crops of one field have different ranges, and would not match if they were scaled by them.
  const grey = greyOf(original);
  const column = (x: number) => Float32Array.from({ length: height }, (_, y) => grey[y * width + x]!);
  const row = (y: number) => grey.slice(y * width, (y + 1) * width);
  return {
    id,
    width,
    height,
    modality: modalityOf(toEightBits(original)),
    pixelHash: pixelHashOf(original),
    thumbnail: normalised(thumbnailOf(grey, width, height)),
    borders: {
      left: borderOf(column(0), column(Math.min(1, width - 1))),
      right: borderOf(column(width - 1), column(Math.max(width - 2, 0))),
      top: borderOf(row(0), row(Math.min(1, height - 1))),
      bottom: borderOf(row(height - 1), row(Math.max(height - 2, 0))),
    },
  };
}

/** The mean of the channels of each pixel, as stored. */
export function greyOf({ channels, data }: Image): Float32Array {
  if (channels === 1) return Float32Array.from(data);
  const grey = new Float32Array(data.length / 3);
  for (let at = 0, to = 0; to < grey.length; at += 3, to++) {
    grey[to] = (data[at]! + data[at + 1]! + data[at + 2]!) / 3;
  }
  return grey;
}

function thumbnailOf(grey: Float32Array, width: number, height: number): Float32Array {
  const sums = new Float32Array(thumbnailSide ** 2);
  const counts = new Float32Array(thumbnailSide ** 2);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor((y * thumbnailSide) / height) * thumbnailSide;
    for (let x = 0; x < width; x++, at++) {
      const part = row + Math.floor((x * thumbnailSide) / width);
      sums[part]! += grey[at]!;
      counts[part]! += 1;
    }
  }
  return sums.map((sum, part) => sum / Math.max(1, counts[part]!));
}

function borderOf(outer: Float32Array, inner: Float32Array): Border {
  const { length } = outer;
  const step = outer.reduce((sum, value, i) => sum + Math.abs(value - inner[i]!), 0) / length;
  const mean = outer.reduce((sum, value) => sum + value, 0) / length;
  const deviation = Math.sqrt(outer.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length);
  return { outer, step, deviation, direction: normalised(outer) };
}

/** Values minus their mean, scaled to length 1: the dot product of two such lists is their correlation. */
function normalised(values: Float32Array): Float32Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const centred = values.map((value) => value - mean);
  const length = Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? centred : centred.map((value) => value / length);
}
