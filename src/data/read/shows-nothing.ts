import type { Image } from '../image/image.js';

/** px; a nucleus of the usual size changes the mean of a block of this side. */
const blockSide = 8;

/** Fewer blocks tell nothing. */
const fewestBlocks = 16;

/**
 * Blocks of pure noise differ little: the mean of 64 px has an eighth of the noise, and of 100,000 such means the least and
 * the most are 1.1 times the noise apart (9 standard deviations). Two brightnesses are at least 2 apart.
 */
const mostSpread = 1.5;

/** Whether an image has nothing but noise in it, such as an empty field of view. Small images tell nothing: false. */
export function showsNothing({ width, height, channels, data }: Image): boolean {
  const means: number[] = [];
  for (let top = 0; top + blockSide <= height; top += blockSide) {
    for (let left = 0; left + blockSide <= width; left += blockSide) {
      let sum = 0;
      for (let y = top; y < top + blockSide; y++) {
        const row = (y * width + left) * channels;
        for (let at = row; at < row + blockSide * channels; at++) sum += data[at]!;
      }
      means.push(sum / (blockSide * blockSide * channels));
    }
  }
  if (means.length < fewestBlocks) return false;
  let sum = 0;
  let squares = 0;
  for (const value of data) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / data.length;
  const noise = Math.sqrt(Math.max(0, squares / data.length - mean * mean));
  const [least, most] = means.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [
    Infinity,
    -Infinity,
  ] as [number, number]);
  return most - least <= mostSpread * noise;
}
