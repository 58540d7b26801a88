import { networkChannels } from './network-pixels.js';
import type { Pixels } from './stored-image.js';

/**
 * A colour image whose channels are all equal, as a grey one: networks see the same, and it is resampled in half the time.
 * Microscopes often write grey images as colours.
 *
 * @returns Other images, and those on disk, as they are.
 */
export function greyIfEqual(image: Pixels): Pixels {
  if ('read' in image || image.channels !== networkChannels) return image;
  const { data, width, height } = image;
  for (let at = 0; at < data.length; at += networkChannels) {
    if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return image;
  }
  const grey = data instanceof Uint8Array ? new Uint8Array(width * height) : new Uint16Array(width * height);
  for (let pixel = 0; pixel < grey.length; pixel++) grey[pixel] = data[networkChannels * pixel]!;
  return { ...image, channels: 1, data: grey };
}
