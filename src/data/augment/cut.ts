import type { Augment } from '../../config/augment.js';
import type { Sample } from './sample.js';

/**
 * The rule for nuclei that a crop cuts or shrinks: they stay if enough of them shows, and are ignored otherwise.
 *
 * A nucleus stays unless it has fewer than `minArea` pixels, or reaches the edge of the crop with less than
 * `minVisible` of its area. What does not stay becomes background in `labels` and 1 in `ignore`, so a network is
 * neither asked to find a sliver nor blamed for finding it. What stays is renumbered 1..n in its old order; its
 * box is that of what shows.
 *
 * @param fullAreas `[N]`, px of the crop: the area of label k + 1 if nothing were cut off.
 * @param keep A label that stays in any case; 0 for none.
 */
export function removeSlivers(
  sample: Sample,
  fullAreas: Float64Array,
  { minVisible, minArea }: Augment['cut'],
  keep: number,
): Sample {
  const { width, height } = sample;
  const count = fullAreas.length;
  const areas = new Int32Array(count + 1);
  const atEdge = new Uint8Array(count + 1);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const label = sample.labels[pixel]!;
      areas[label]! += 1;
      if (x === 0 || y === 0 || x === width - 1 || y === height - 1) atEdge[label] = 1;
    }
  }
  let kept = 0;
  const renumbered = Int32Array.from({ length: count + 1 }, (_, label) => {
    const area = areas[label]!;
    if (label === 0 || area === 0) return 0;
    const cut = atEdge[label] === 1 && area < minVisible * fullAreas[label - 1]!;
    return label === keep || (area >= minArea && !cut) ? ++kept : 0;
  });
  const ignore = sample.ignore.slice();
  const labels = new Int32Array(sample.labels.length);
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const label = sample.labels[pixel]!;
    labels[pixel] = renumbered[label]!;
    if (label !== 0 && labels[pixel] === 0) ignore[pixel] = 1;
  }
  return { ...sample, labels, ignore };
}
