import type { Sample } from '../augment/sample.js';

/** Writes a sample as a network takes it: `[H, W, 3]`, -1 to 1, grey repeated, into `target` from `at` on. */
export function writePixels(
  { channels, pixels }: Pick<Sample, 'channels' | 'pixels'>,
  target: Float32Array,
  at: number,
): void {
  if (channels === 3) {
    for (let i = 0; i < pixels.length; i++) target[at + i] = 2 * pixels[i]! - 1;
    return;
  }
  for (let i = 0; i < pixels.length; i++) {
    const value = 2 * pixels[i]! - 1;
    target[at + 3 * i] = value;
    target[at + 3 * i + 1] = value;
    target[at + 3 * i + 2] = value;
  }
}
