/** Changes that are the same for every pixel and channel. */
import { clampToUnit } from '../image/intensity.js';
import { type Sample } from './sample.js';

/** Exchanges black and white. */
export function invertPolarity(sample: Sample): Sample {
  const { pixels } = sample;
  const inverted = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) inverted[i] = 1 - pixels[i]!;
  return { ...sample, pixels: inverted };
}

/**
 * Scales the differences to the mean of the sample, then shifts all values; clips to 0..1.
 *
 * @param change.factor 1 keeps the contrast.
 * @param change.shift 0 keeps the brightness; 1 = from black to white.
 */
export function changeContrast(sample: Sample, { factor, shift }: { factor: number; shift: number }): Sample {
  const { pixels } = sample;
  let sum = 0;
  for (let i = 0; i < pixels.length; i++) sum += pixels[i]!;
  const black = (1 - factor) * (sum / pixels.length) + shift;
  const changed = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) changed[i] = clampToUnit(black + factor * pixels[i]!);
  return { ...sample, pixels: changed };
}

/** 4095 steps are finer than the 255 of most images, and enough for 16-bit images in their range. */
const steps = 4095;

/**
 * Raises every value to a power; black and white stay the same.
 *
 * @param exponent Above 0; 1 changes nothing, below 1 is brighter. The value is first rounded to 1 / 4095.
 */
export function changeGamma(sample: Sample, exponent: number): Sample {
  const table = new Float32Array(steps + 1);
  for (let step = 0; step <= steps; step++) table[step] = (step / steps) ** exponent;
  const { pixels } = sample;
  const changed = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) changed[i] = table[(pixels[i]! * steps + 0.5) | 0]!;
  return { ...sample, pixels: changed };
}
