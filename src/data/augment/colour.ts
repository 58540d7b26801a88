/** Changes of colour. A grey sample is returned as it is. */
import { clampToUnit } from '../image/intensity.js';
import { type Sample } from './sample.js';

/** Weights of red, green and blue in the luma: ITU-R BT.601. */
const luma = [0.299, 0.587, 0.114] as const;

/** Brightness of a colour, in the unit of its red, green and blue. */
export const lumaOf = (red: number, green: number, blue: number): number =>
  luma[0] * red + luma[1] * green + luma[2] * blue;

/** Converts a sample to grey, with one channel. */
export function toGrey(sample: Sample): Sample {
  if (sample.channels === 1) return sample;
  const { pixels } = sample;
  const grey = new Float32Array(pixels.length / 3);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = lumaOf(pixels[3 * i]!, pixels[3 * i + 1]!, pixels[3 * i + 2]!);
  }
  return { ...sample, channels: 1, pixels: grey };
}

export interface ColourChange {
  /** Rotation of the hue, radians. */
  readonly hue: number;
  /** Factor of the saturation; 1 keeps it, 0 gives grey. */
  readonly saturation: number;
  /** Added to red, green and blue; 1 = white. */
  readonly shifts: readonly [number, number, number];
}

/**
 * Rotates the hue and scales the saturation about the grey axis, then shifts the channels; clips to 0..1.
 *
 * This is a linear map of RGB: faster than HSV, and smooth near grey, where the hue of HSV jumps.
 */
export function changeColour(sample: Sample, { hue, saturation, shifts }: ColourChange): Sample {
  if (sample.channels === 1) return sample;
  // A rotation about (1, 1, 1) is a circulant matrix: weights of the own, next and previous channel (Rodrigues's formula).
  const own = (1 + 2 * Math.cos(hue)) / 3;
  const next = (1 - Math.cos(hue) - Math.sqrt(3) * Math.sin(hue)) / 3;
  const previous = 1 - own - next;
  const mix = (weight: number) => saturation * weight + (1 - saturation) / 3;
  const [a, b, c] = [mix(own), mix(next), mix(previous)];
  const changed = new Float32Array(sample.pixels.length);
  for (let i = 0; i < changed.length; i += 3) {
    const [red, green, blue] = [sample.pixels[i]!, sample.pixels[i + 1]!, sample.pixels[i + 2]!];
    changed[i] = clampToUnit(a * red + b * green + c * blue + shifts[0]);
    changed[i + 1] = clampToUnit(c * red + a * green + b * blue + shifts[1]);
    changed[i + 2] = clampToUnit(b * red + c * green + a * blue + shifts[2]);
  }
  return { ...sample, pixels: changed };
}
