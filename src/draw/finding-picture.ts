import type { Box } from '../data/geometry/box.js';
import type { Finding } from '../data/check/finding.js';
import type { AnnotatedImage } from '../data/read/example.js';
import type { Image } from '../data/image/image.js';
import { toEightBits } from '../data/image/intensity.js';

/** px around the mask. */
const margin = 12;

/** px; a smaller window would not show the surroundings of a small mask. */
const minSide = 48;

/** px; larger windows are subsampled to this size. */
const maxSide = 256;

/** Orange of the palette by Okabe and Ito, visible on grey and on purple. */
const maskColour = [230, 159, 0] as const;

/** How strongly the mask covers the image, 0 to 1. */
const opacity = 0.5;

/** The part of the image around a finding, with its mask in orange; the whole image where no mask is concerned. */
export function findingPicture({ image, masks }: AnnotatedImage, { box, mask }: Finding): Image {
  const window = box ? around(box, image) : { x1: 0, y1: 0, x2: image.width, y2: image.height };
  const runs = masks.find(({ name }) => name === mask)?.runs ?? new Int32Array(0);
  const covered = new Uint8Array(image.width * image.height);
  for (let run = 0; run < runs.length; run += 2) covered.fill(1, runs[run], runs[run]! + runs[run + 1]!);
  const step = Math.max(1, Math.ceil(Math.max(window.x2 - window.x1, window.y2 - window.y1) / maxSide));
  const width = Math.ceil((window.x2 - window.x1) / step);
  const height = Math.ceil((window.y2 - window.y1) / step);
  const data = new Uint8Array(width * height * 3);
  const { channels, data: pixels } = toEightBits(image);
  const white = pixels.reduce((most, value) => Math.max(most, value), 1);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = (window.y1 + y * step) * image.width + window.x1 + x * step;
      for (let channel = 0; channel < 3; channel++) {
        const value = (255 * pixels[pixel * channels + (channels === 3 ? channel : 0)]!) / white;
        const tinted = value + opacity * covered[pixel]! * (maskColour[channel]! - value);
        data[to++] = Math.round(tinted);
      }
    }
  }
  return { width, height, channels: 3, data };
}

/** The box with its surroundings, clipped to the image. */
function around(box: Box, { width, height }: Image): Box {
  const grow = (from: number, to: number, size: number) => {
    const extra = Math.max(margin, Math.ceil((minSide - (to - from)) / 2));
    return [Math.max(0, from - extra), Math.min(size, to + extra)] as const;
  };
  const [x1, x2] = grow(box.x1, box.x2, width);
  const [y1, y2] = grow(box.y1, box.y2, height);
  return { x1, y1, x2, y2 };
}
