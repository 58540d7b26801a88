import type { LabelImage } from '../../data/geometry/label-image.js';
import { type Pixels, readRegion } from '../../data/image/stored-image.js';
import { bitmapOf, sides, type Bitmap } from '../../data/geometry/bitmap.js';
import type { Instance } from '../assemble/segmentation.js';

/** Shape and brightness of one nucleus; the definitions are those of scikit-image's `regionprops`. */
export interface Measurements {
  /** Mean of the pixels' columns and rows, px; the centre of the first pixel is (0, 0). */
  readonly centroidX: number;
  readonly centroidY: number;
  /** um2; absent where the size of a pixel is not known. */
  readonly areaUm2?: number;
  /** px. */
  readonly perimeter: number;
  /** Of the ellipse with the same second moments: 0 = circle, near 1 = line. */
  readonly eccentricity: number;
  /** In the values of the file, over all channels. */
  readonly meanIntensity: number;
  /** The same for red, green and blue; absent for a grey image. */
  readonly channelMeans?: readonly [number, number, number];
}

export function measureInstance(image: Pixels, labelImage: LabelImage, instance: Instance): Measurements {
  const bitmap = bitmapOf(labelImage, instance.label, instance.box);
  const pixels: number[] = [];
  for (let at = bitmap.pixels.indexOf(1); at !== -1; at = bitmap.pixels.indexOf(1, at + 1)) pixels.push(at);
  const { pixelSize } = image;
  return {
    ...shapeOf(bitmap, pixels),
    ...(pixelSize && { areaUm2: pixelSize.x * pixelSize.y * pixels.length }),
    perimeter: perimeterOf(bitmap, pixels),
    ...intensityOf(image, instance, bitmap, pixels),
  };
}

function shapeOf({ x: left, y: top, width }: Bitmap, pixels: readonly number[]) {
  let [sumX, sumY] = [0, 0];
  for (const at of pixels) {
    sumX += at % width;
    sumY += Math.floor(at / width);
  }
  const meanX = sumX / pixels.length;
  const meanY = sumY / pixels.length;
  let [xx, yy, xy] = [0, 0, 0];
  for (const at of pixels) {
    const x = (at % width) - meanX;
    const y = Math.floor(at / width) - meanY;
    xx += x * x;
    yy += y * y;
    xy += x * y;
  }
  // Eigenvalues of the pixels' scatter; the eccentricity depends only on their ratio.
  const mean = (xx + yy) / 2;
  const spread = Math.hypot((xx - yy) / 2, xy);
  const major = mean + spread;
  const eccentricity = major === 0 ? 0 : Math.sqrt((2 * spread) / major);
  return { centroidX: left + meanX, centroidY: top + meanY, eccentricity };
}

/**
 * Length of the way through the centres of the border pixels: a step to a side is 1 px, one to a corner sqrt 2, and each
 * pixel has half of the step before and half of the one after it. A single pixel has the length 0.
 *
 * Source: Benkrid, Crookes & Benkrid, Design and FPGA implementation of a perimeter estimator (IMVIP 2000), by way of
 * scikit-image's `perimeter` with four neighbours, whose weights these are.
 */
function perimeterOf({ width, pixels: inside }: Bitmap, pixels: readonly number[]): number {
  const besides = sides(width);
  const corners = [width + 1, width - 1, -width + 1, -width - 1];
  const border = new Uint8Array(inside.length);
  for (const at of pixels) if (besides.some((step) => inside[at + step] === 0)) border[at] = 1;
  let length = 0;
  for (const at of pixels) {
    if (border[at] === 0) continue;
    let [beside, cornerwise] = [0, 0];
    for (const step of besides) beside += border[at + step]!;
    for (const step of corners) cornerwise += border[at + step]!;
    length += wayThrough(beside, cornerwise);
  }
  return length;
}

/** By the numbers of neighbours on the border: those that share a side, and those that share only a corner. */
function wayThrough(beside: number, cornerwise: number): number {
  if ((beside === 2 || beside === 3) && cornerwise <= 2) return 1;
  if (beside === 1 && (cornerwise === 1 || cornerwise === 2)) return (1 + Math.SQRT2) / 2;
  if ((beside === 0 && cornerwise === 2) || (beside === 1 && cornerwise === 3)) return Math.SQRT2;
  return 0;
}

function intensityOf(image: Pixels, { box }: Instance, bitmap: Bitmap, pixels: readonly number[]) {
  const { width, channels, data } = readRegion(image, box);
  const sums = [0, 0, 0] as [number, number, number];
  for (const at of pixels) {
    // The bitmap has a margin of one pixel round the box.
    const row = Math.floor(at / bitmap.width) - 1;
    const from = (row * width + (at % bitmap.width) - 1) * channels;
    for (let channel = 0; channel < channels; channel++) sums[channel]! += data[from + channel]!;
  }
  const { offset, factor } = image.scale ?? { offset: 0, factor: 1 };
  const [first, second, third] = sums.map((sum) => offset + (factor * sum) / pixels.length) as typeof sums;
  if (channels === 1) return { meanIntensity: first };
  return { meanIntensity: (first + second + third) / 3, channelMeans: [first, second, third] as const };
}
