import { resample } from '../data/augment/resample.js';
import type { CropWindow } from '../data/augment/segmentation-sample.js';
import type { Example } from '../data/example.js';
import type { Image, LabelImage } from '../data/image.js';
import type { SegmentedCrop } from '../predict/segment.js';
import { colours, drawOutlines } from '../report/overlay.js';
import { panels } from '../report/panels.js';

/**
 * A crop as the network sees it, three times beside each other: plain, with the outline of the true mask, and with
 * that of the predicted one.
 */
export function drawSegmentedCrop(
  { example, label }: { readonly example: Example; readonly label: number },
  { x, y, side }: CropWindow,
  { size, body }: SegmentedCrop,
  threshold: number,
): Image {
  const step = side / size;
  const sample = resample(example, {
    size,
    map: { xx: step, xy: 0, yx: 0, yy: step },
    from: { x: size / 2, y: size / 2 },
    to: { x: x + side / 2, y: y + side / 2 },
  });
  const { channels, pixels, labels } = sample;
  const crop: Image = {
    ...{ width: size, height: size, channels: 3 },
    data: Uint8Array.from({ length: size * size * 3 }, (_, i) =>
      Math.round(255 * pixels[channels === 3 ? i : Math.floor(i / 3)]!),
    ),
  };
  const asLabels = (isIn: (pixel: number) => boolean): LabelImage => ({
    ...{ width: size, height: size },
    labels: Int32Array.from({ length: size * size }, (_, pixel) => (isIn(pixel) ? 1 : 0)),
  });
  const truth = asLabels((pixel) => labels[pixel] === label);
  const prediction = asLabels((pixel) => body[pixel]! > threshold);
  return panels([
    crop,
    drawOutlines(crop, truth, colours.matched),
    drawOutlines(crop, prediction, colours.prediction),
  ]);
}
