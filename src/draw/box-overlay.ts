import type { Box } from '../data/geometry/box.js';
import type { Image } from '../data/image/image.js';
import { baseImage, type Colour } from './overlay.js';

/** Boxes of one colour. */
export interface DrawnBoxes {
  /** `xyxy`, px of the image; they are rounded and clipped to it. */
  readonly boxes: readonly Box[];
  readonly colour: Colour;
}

/** The image as 8-bit RGB with a line of one pixel along the inside of each box; later boxes cover earlier ones. */
export function drawBoxes(image: Image, drawn: readonly DrawnBoxes[]): Image {
  const { width, height } = image;
  const base = baseImage(image, { width, height, labels: new Int32Array(0) });
  const data = Uint8Array.from(base.data);
  for (const { boxes, colour } of drawn) {
    const paint = (x: number, y: number) => data.set(colour, 3 * (y * width + x));
    for (const box of boxes) {
      const x1 = Math.max(0, Math.round(box.x1));
      const y1 = Math.max(0, Math.round(box.y1));
      const x2 = Math.min(width, Math.round(box.x2)) - 1;
      const y2 = Math.min(height, Math.round(box.y2)) - 1;
      if (x2 < x1 || y2 < y1) continue;
      for (let x = x1; x <= x2; x++) {
        paint(x, y1);
        paint(x, y2);
      }
      for (let y = y1; y <= y2; y++) {
        paint(x1, y);
        paint(x2, y);
      }
    }
  }
  return { ...base, data };
}
