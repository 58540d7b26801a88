/** Images next to their nuclei in jet colours, to see at a glance what a model does. */
import type { LabelImage } from '../data/geometry/label-image.js';
import type { Image } from '../data/image/image.js';
import { intensityRange, toEightBits } from '../data/image/intensity.js';
import { drawNuclei } from './nuclei-overlay.js';
import { panels } from './panels.js';

/** Grey around images that are smaller than their window. */
const surround = 96;

/**
 * The middle of an image, and next to it the same with its nuclei filled in jet colours.
 *
 * @param size px: width and height of the shown part; a smaller image is centred on grey.
 * @returns 8-bit RGB, `2 size` wide and `size` high.
 */
export function figureCell(image: Image, labelImage: LabelImage, size: number): Image {
  const shown = toEightBits(image, intensityRange(image));
  const nuclei = drawNuclei(image, labelImage, { style: 'filled', scale: 1 });
  return panels([middle(shown, size), middle(nuclei, size)]);
}

function middle({ width, height, channels, data }: Image, size: number): Image {
  const window = new Uint8Array(size * size * 3).fill(surround);
  const [left, top] = [Math.trunc((width - size) / 2), Math.trunc((height - size) / 2)];
  for (let y = Math.max(0, -top); y < Math.min(size, height - top); y++) {
    for (let x = Math.max(0, -left); x < Math.min(size, width - left); x++) {
      const from = ((y + top) * width + x + left) * channels;
      for (let channel = 0; channel < 3; channel++) {
        window[(y * size + x) * 3 + channel] = data[from + (channels === 3 ? channel : 0)]!;
      }
    }
  }
  return { width: size, height: size, channels: 3, data: window };
}
