import type { RectMap } from '../data/geometry/rect.js';
import type { LabelImage } from '../data/geometry/label-image.js';
import type { Box } from '../data/geometry/box.js';
import type { MaskOverlap } from './mask-metrics.js';

/** One nucleus of a label image. */
export interface TrueNucleus {
  readonly labelImage: LabelImage;
  readonly label: number;
  /** The tightest box of its pixels. */
  readonly box: Box;
  /** 1 = no expert has reviewed the pixel, so it does not count; absent where all are reviewed. */
  readonly ignore?: Uint8Array | undefined;
}

/** Overlap of the pixels of a map above a threshold with those of a nucleus, among reviewed pixels. */
export function overlapWith(
  { labelImage: { labels, width }, label, box, ignore }: TrueNucleus,
  map: RectMap,
  threshold: number,
): MaskOverlap {
  const isReviewed = (pixel: number) => ignore?.[pixel] !== 1;
  let truth = 0;
  for (let y = box.y1; y < box.y2; y++) {
    for (let x = box.x1; x < box.x2; x++) {
      const pixel = y * width + x;
      if (labels[pixel] === label && isReviewed(pixel)) truth += 1;
    }
  }
  let predicted = 0;
  let intersection = 0;
  for (let v = 0, at = 0; v < map.height; v++) {
    for (let u = 0; u < map.width; u++, at++) {
      const pixel = (map.y + v) * width + map.x + u;
      if (!(map.values[at]! > threshold) || !isReviewed(pixel)) continue;
      predicted += 1;
      if (labels[pixel] === label) intersection += 1;
    }
  }
  return { intersection, union: truth + predicted - intersection };
}
