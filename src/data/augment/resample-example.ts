import type { LabelImage, Labels } from '../geometry/label-image.js';
import { type CropView, type Points, resamplePixels, rowPoints } from '../image/resample.js';
import type { Example } from '../read/example.js';
import type { Sample } from './sample.js';

/**
 * Resamples an example once for flips, turns, scale, rotation, warp and crop together: the image bilinearly, labels and
 * ignore map by the nearest pixel. Where the view shrinks the image, several samples are averaged, against aliasing.
 *
 * Flips and quarter turns at scale 1 copy pixels exactly if `from` and `to` are both pixel centres. Outside the example
 * there is background, with the median of each channel.
 *
 * @returns A new sample of `size` x `size`, with the labels of the example.
 */
export function resample(example: Example, view: CropView): Sample {
  const { image, labelImage, ignore, intensity } = example;
  const { size } = view;
  const labels = new Int32Array(size * size);
  const ignored = new Uint8Array(size * size);
  const pointsOfRow = rowPoints(view);
  for (let v = 0; v < size; v++) {
    const points = pointsOfRow(v);
    nearestRow(labelImage, labelImage.labels, points, labels, v * size);
    if (ignore) nearestRow(labelImage, ignore, points, ignored, v * size);
  }
  const pixels = resamplePixels(image, intensity, view);
  return { width: size, height: size, channels: image.channels, pixels, labels, ignore: ignored };
}

/** Copies the value of the pixel at each point, 0 outside. */
function nearestRow(
  { width, height }: LabelImage,
  source: Labels | Uint8Array,
  { x, y }: Points,
  target: Int32Array | Uint8Array,
  start: number,
): void {
  for (let u = 0; u < x.length; u++) {
    const px = x[u]!;
    const py = y[u]!;
    // `| 0` is Math.floor for values from 0, and tells the compiler that the index is an integer.
    if (px >= 0 && py >= 0 && px < width && py < height)
      target[start + u] = source[(py | 0) * width + (px | 0)]!;
  }
}
