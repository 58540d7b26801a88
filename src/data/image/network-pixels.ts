import type { Channels } from './image.js';

/** Channels of the images that networks take: red, green and blue. */
export const networkChannels = 3;

/**
 * Writes pixels (0 = black to 1 = white) in the form that networks take: `[H, W, 3]`, -1 to 1, grey repeated three times.
 *
 * @param at Index in `target` of the first value.
 */
export function writeNetworkPixels(
  { channels, pixels }: { readonly channels: Channels; readonly pixels: Float32Array },
  target: Float32Array,
  at: number,
): void {
  if (channels === networkChannels) {
    for (let i = 0; i < pixels.length; i++) target[at + i] = 2 * pixels[i]! - 1;
    return;
  }
  // Each channel by its own line: a loop over three takes twice as long.
  for (let i = 0, k = at; i < pixels.length; i++, k += networkChannels) {
    const value = 2 * pixels[i]! - 1;
    target[k] = value;
    target[k + 1] = value;
    target[k + 2] = value;
  }
}
