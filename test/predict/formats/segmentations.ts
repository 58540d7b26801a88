import fc from 'fast-check';
import { boxAt } from '../../../src/data/geometry/box.js';
import { type LabelImage, measureInstances } from '../../../src/data/geometry/label-image.js';
import { renumberLabels } from '../../../src/data/read/example.js';
import type { Segmentation } from '../../../src/predict/assemble/segmentation.js';

/** As if the labels had been found, with scores that go down from 1. */
export function segmentationOf({ width, height, labels: old }: LabelImage): Segmentation {
  const { labels, instanceCount } = renumberLabels(old);
  const labelImage = { width, height, labels };
  const { boxes, areas } = measureInstances(labelImage, instanceCount);
  const instances = [...areas].map((area, k) => ({
    label: k + 1,
    score: 1 / (k + 1),
    box: boxAt(boxes, k),
    area,
  }));
  return { labelImage, instances };
}

/** Rows of digits, '.' for the background. */
export function labelImageOf(rows: readonly string[]): LabelImage {
  const labels = Int32Array.from(
    rows.flatMap((row) => [...row].map((label) => (label === '.' ? 0 : Number(label)))),
  );
  return { width: rows[0]!.length, height: rows.length, labels };
}

/** Label images of a few labels, so that they have many pieces, holes and corners that touch. */
export const segmentations = fc
  .tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 3 }))
  .chain(([width, height, most]) =>
    fc
      .array(fc.integer({ min: 0, max: most }), { minLength: width * height, maxLength: width * height })
      .map((labels) => segmentationOf({ width, height, labels: Int32Array.from(labels) })),
  );

/** Which pixel centres lie within rings, counted by how often a way to the left crosses them; `width * height` 0 or 1. */
export function rasterise(
  rings: readonly (readonly number[])[],
  { width, height }: { readonly width: number; readonly height: number },
): Uint8Array {
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const ring of rings) {
        for (let at = 0; at < ring.length; at += 2) {
          const [x0, y0] = [ring[at]!, ring[at + 1]!];
          const [x1, y1] = [ring[(at + 2) % ring.length]!, ring[(at + 3) % ring.length]!];
          const crosses = y0 > y + 0.5 !== y1 > y + 0.5;
          // From the upper end: a border through a centre is on the same side of it in both directions.
          const [upperX, upperY, lowerX, lowerY] = y0 < y1 ? [x0, y0, x1, y1] : [x1, y1, x0, y0];
          const slope = (lowerX - upperX) / (lowerY - upperY);
          if (crosses && upperX + (y + 0.5 - upperY) * slope <= x + 0.5) pixels[y * width + x]! ^= 1;
        }
      }
    }
  }
  return pixels;
}

/** `width * height` values, 1 where the label is. */
export const maskOfLabel = ({ labels }: LabelImage, label: number): Uint8Array =>
  Uint8Array.from(labels, (value) => (value === label ? 1 : 0));
