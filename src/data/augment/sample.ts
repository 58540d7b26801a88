import type { Channels } from '../image/image.js';

/** A crop of an example during augmentation. H, W = its size, px. */
export interface Sample {
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  /** `[H, W, channels]`, 0 = black to 1 = white, by the example's `intensity` or the range of the bit depth. */
  readonly pixels: Float32Array;
  /** `[H, W]`, 0 = background, else the instance; 1..n without gaps after `removeSlivers`. */
  readonly labels: Int32Array;
  /** `[H, W]`, 1 = ignored: not reviewed, or the rest of a nucleus that the crop cuts off. */
  readonly ignore: Uint8Array;
}

/** The highest label; 0 if all are background. */
export function highestLabel(labels: Int32Array): number {
  let highest = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i]! > highest) highest = labels[i]!;
  return highest;
}

/** Standard deviation of the values of a sample; 0 if it is flat. */
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
