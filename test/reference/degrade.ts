/** Copies of a label image with known errors, the same as in test/fixtures/eval/make_reference.py. */
import type { LabelImage } from '../../src/data/geometry/label-image.js';

type Degrade = (image: LabelImage) => LabelImage;

const mapped =
  (labelAt: (image: LabelImage, pixel: number, label: number) => number): Degrade =>
  (image) => ({ ...image, labels: image.labels.map((label, pixel) => labelAt(image, pixel, label)) });

export const degradations = {
  same: mapped((_, __, label) => label),
  shifted: mapped(({ width, labels }, pixel) => (pixel % width < 2 ? 0 : labels[pixel - 2]!)),
  eroded: mapped(({ width, height, labels }, pixel, label) => {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const isInner =
      x > 0 &&
      y > 0 &&
      x < width - 1 &&
      y < height - 1 &&
      [pixel - 1, pixel + 1, pixel - width, pixel + width].every((other) => labels[other] === label);
    return isInner ? label : 0;
  }),
  merged: mapped((_, __, label) => (label === 0 ? 0 : label - ((label + 1) % 2))),
} as const satisfies Record<string, Degrade>;
