import type { Channels } from '../image/image.js';

/** A piece of an example on its way through augmentation. H, W = its size in px. */
export interface Sample {
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  /** `[H, W, channels]`, 0 = black to 1 = white: the range of the bit depth, or the example's `intensity`. */
  readonly pixels: Float32Array;
  /** `[H, W]`, 0 = background, 1..n = the instances without gaps once `removeSlivers` has run. */
  readonly labels: Int32Array;
  /** `[H, W]`, 1 = neither nucleus nor background: not reviewed, or the rest of a nucleus that was cut off. */
  readonly ignore: Uint8Array;
}

/** The highest label; 0 without one. */
export function highestLabel(labels: Int32Array): number {
  let highest = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i]! > highest) highest = labels[i]!;
  return highest;
}

/** Standard deviation of the values of a sample; 0 where it is flat. */
export function deviationOf({ pixels }: Sample): number {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < pixels.length; i++) {
    sum += pixels[i]!;
    squares += pixels[i]! * pixels[i]!;
  }
  const mean = sum / pixels.length;
  return Math.sqrt(Math.max(0, squares / pixels.length - mean * mean));
}
