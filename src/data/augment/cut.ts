import type { Augment } from '../../config/augment.js';
import type { Sample } from './sample.js';

/**
 * Removes nuclei of which a crop shows too little.
 *
 * A nucleus is removed if it has fewer than `minArea` pixels, or if it touches the edge of the crop with less than
 * `minVisible` of its area. It becomes background in `labels` and 1 in `ignore`, so a network neither has to find it nor is
 * penalised for finding it. The other nuclei are renumbered 1..n in their old order. Their boxes are around the visible
 * part.
 *
 * @param fullAreas `[N]`, px of the crop: the area of label k + 1, including what is outside the crop.
 * @param keep A label that is never removed; 0 for none.
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
