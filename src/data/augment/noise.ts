import { clampToUnit } from '../image/intensity.js';
import type { Random } from '../../random.js';
import { type Sample } from './sample.js';

/** Standard deviation of the sum of four uniform bytes: sqrt(4 (256^2 - 1) / 12). */
const deviation = Math.sqrt((256 ** 2 - 1) / 3);
const mean = 4 * 127.5;

/**
 * Adds independent noise to each value; clips to 0..1.
 *
 * The noise is the sum of four bytes of a 32-bit xorshift word (Marsaglia, J. Stat. Software 8, 2003), which is close
 * to normal up to 3.5 sigma; drawing a normal number for each value would take longer than all other augmentation together.
 *
 * @param sigma Standard deviation; 1 = white.
 */
export function addNoise(sample: Sample, sigma: number, random: Random): Sample {
  const scale = sigma / deviation;
  let word = 1 + random.integer(2 ** 32 - 1);
  const { pixels } = sample;
  const noisy = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
    noisy[i] = clampToUnit(pixels[i]! + scale * (sum - mean));
  }
  return { ...sample, pixels: noisy };
}
