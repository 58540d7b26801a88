import type { Image } from '../data/image/image.js';

/**
 * Puts 8-bit images of the same height next to each other.
 *
 * @returns RGB; grey images get three equal channels.
 */
export function panels(images: readonly Image[]): Image {
  const height = images[0]?.height ?? 0;
  const width = images.reduce((sum, image) => sum + image.width, 0);
  const data = new Uint8Array(width * height * 3);
  let left = 0;
  for (const image of images) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < image.width; x++) {
        for (let channel = 0; channel < 3; channel++) {
          const from = (y * image.width + x) * image.channels + (image.channels === 3 ? channel : 0);
          data[(y * width + left + x) * 3 + channel] = image.data[from]!;
        }
      }
    }
    left += image.width;
  }
  return { width, height, channels: 3, data };
}
