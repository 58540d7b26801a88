import type { Size } from '../data/geometry/rect.js';
import type { LabelImage } from '../data/geometry/label-image.js';
import type { BoxDetections } from './box-matching.js';

/** A label image without the pixels that no expert has reviewed. */
export interface WithoutIgnored {
  readonly labelImage: LabelImage;
  /** Instances that were removed entirely. */
  readonly dropped: number;
}

/**
 * Removes the pixels that no expert has reviewed from a label image, true or predicted, so that nothing there counts as
 * missed or extra. An instance with more than half of its pixels there is removed entirely; others lose only the pixels
 * there.
 *
 * @param ignore As large as the image, 1 = not reviewed.
 * @throws {RangeError} If the sizes differ.
 */
export function withoutIgnored(labelImage: LabelImage, ignore: Uint8Array): WithoutIgnored {
  if (ignore.length !== labelImage.labels.length) {
    throw new RangeError(
      `Expected an ignore map of ${labelImage.labels.length} pixels, received ${ignore.length}`,
    );
  }
  /** By label: pixels, and those of them that are not reviewed. */
  const areas = new Map<number, { all: number; unreviewed: number }>();
  labelImage.labels.forEach((label, pixel) => {
    if (label === 0) return;
    const area = areas.get(label) ?? { all: 0, unreviewed: 0 };
    areas.set(label, area);
    area.all++;
    if (ignore[pixel] !== 0) area.unreviewed++;
  });
  const dropped = new Set<number>();
  for (const [label, { all, unreviewed }] of areas) if (2 * unreviewed > all) dropped.add(label);
  const labels = labelImage.labels.map((label, pixel) =>
    ignore[pixel] !== 0 || dropped.has(label) ? 0 : label,
  );
  return { labelImage: { ...labelImage, labels }, dropped: dropped.size };
}

/**
 * The same for detected boxes: a box with more than half of its area in such pixels is removed. The part of a box beyond
 * the image counts as reviewed.
 */
export function boxesWithoutIgnored(
  { predBoxes, scores }: Pick<BoxDetections, 'predBoxes' | 'scores'>,
  ignore: Uint8Array,
  { width, height }: Size,
): Pick<BoxDetections, 'predBoxes' | 'scores'> {
  const kept = Array.from(scores.keys()).filter((k) => {
    const [x1, y1, x2, y2] = Array.from(predBoxes.subarray(4 * k, 4 * k + 4), Math.round) as FourNumbers;
    let unreviewed = 0;
    for (let y = Math.max(0, y1); y < Math.min(y2, height); y++) {
      for (let x = Math.max(0, x1); x < Math.min(x2, width); x++) unreviewed += ignore[y * width + x]!;
    }
    return 2 * unreviewed <= (x2 - x1) * (y2 - y1);
  });
  return {
    predBoxes: Float32Array.from(kept.flatMap((k) => [...predBoxes.subarray(4 * k, 4 * k + 4)])),
    scores: Float32Array.from(kept, (k) => scores[k]!),
  };
}

type FourNumbers = [number, number, number, number];
