import { createHash } from 'node:crypto';
import type { Image } from './image.js';

/**
 * SHA-256 of the size and the pixels of an image, in hexadecimal: the same wherever the image is stored without loss, and
 * the same for grey stored as one channel or as three equal ones.
 */
export function pixelHashOf(image: Image): string {
  const { width, height, data } = isColour(image) ? image : greyOnly(image);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return createHash('sha256').update(`${width} ${height}\n`).update(bytes).digest('hex');
}

function isColour({ channels, data }: Image): boolean {
  if (channels === 1) return false;
  for (let at = 0; at < data.length; at += 3) {
    if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return true;
  }
  return false;
}

function greyOnly(image: Image): Image {
  if (image.channels === 1) return image;
  return { ...image, channels: 1, data: image.data.filter((_, at) => at % 3 === 0) };
}
