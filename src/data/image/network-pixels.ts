import type { Channels } from './image.js';

/** Writes pixels, 0 = black to 1 = white, as a network takes it: `[H, W, 3]`, -1 to 1, grey repeated, into `target` from `at` on. */
export function writeNetworkPixels(
  { channels, pixels }: { readonly channels: Channels; readonly pixels: Float32Array },
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
