import { measureInstances } from '../geometry/label-image.js';
import type { DetectionLoader } from '../../config/loader.js';
import { highestLabel, type Sample } from '../augment/sample.js';
import { writeNetworkPixels } from '../image/network-pixels.js';

/** Crops for the detector. B = crops, S = their side in px, M = room for boxes. */
export interface DetectionBatch {
  /** Draws up to the end of this batch: where to resume after it. */
  readonly cursor: number;
  /** `[B]`: the id of the example of each crop. */
  readonly ids: readonly string[];
  readonly size: number;
  readonly maxBoxes: number;
  /** `[B, S, S, 3]`, -1 (black) to 1 (white); grey is repeated. */
  readonly images: Float32Array;
  /** `[B, M, 4]` `xyxy`, px of the crop, half-open; 0 where `gtValid` is 0. */
  readonly gtBoxes: Float32Array;
  /** `[B, M]`, 1 = a nucleus, first in each row; 0 = padding. */
  readonly gtValid: Uint8Array;
  /** `[B]`: nuclei beyond the `maxBoxes` largest; their pixels are 1 in `ignore`. */
  readonly omitted: Int32Array;
  /** `[B, S, S]`, 1 = ignored: neither nucleus nor background. */
  readonly ignore: Uint8Array;
  /** `[B, S, S]`, k + 1 = the nucleus of row k of `gtBoxes`. */
  readonly gtLabels: Int32Array;
}

/** Puts samples of one size into a batch. */
export function detectionBatch(
  drawn: readonly { readonly id: string; readonly sample: Sample }[],
  { cropSize: size, maxBoxes }: DetectionLoader,
  cursor: number,
): DetectionBatch {
  const count = drawn.length;
  const pixels = size * size;
  const images = new Float32Array(count * pixels * 3);
  const gtBoxes = new Float32Array(count * maxBoxes * 4);
  const gtValid = new Uint8Array(count * maxBoxes);
  const omitted = new Int32Array(count);
  const ignore = new Uint8Array(count * pixels);
  const gtLabels = new Int32Array(count * pixels);
  for (const [row, { sample }] of drawn.entries()) {
    const limited = limitBoxes(sample, maxBoxes);
    writeNetworkPixels(sample, images, row * pixels * 3);
    gtBoxes.set(limited.boxes, row * maxBoxes * 4);
    gtValid.fill(1, row * maxBoxes, row * maxBoxes + limited.boxes.length / 4);
    omitted[row] = limited.omitted;
    ignore.set(limited.ignore, row * pixels);
    gtLabels.set(limited.labels, row * pixels);
  }
  const ids = drawn.map(({ id }) => id);
  return { cursor, ids, size, maxBoxes, images, gtBoxes, gtValid, omitted, ignore, gtLabels };
}

/** Keeps the largest instances, in their old order, and ignores the rest. */
function limitBoxes({ labels, ignore, width, height }: Sample, maxBoxes: number) {
  const count = highestLabel(labels);
  const { boxes, areas } = measureInstances({ width, height, labels }, count);
  if (count <= maxBoxes) return { boxes, labels, ignore, omitted: 0 };

  const largest = [...areas.keys()].sort((a, b) => areas[b]! - areas[a]! || a - b).slice(0, maxBoxes);
  const kept = largest.sort((a, b) => a - b);
  const renumbered = new Int32Array(count + 1);
  for (const [row, k] of kept.entries()) renumbered[k + 1] = row + 1;
  return {
    boxes: Float32Array.from(kept.flatMap((k) => [...boxes.subarray(4 * k, 4 * k + 4)])),
    labels: labels.map((label) => renumbered[label]!),
    ignore: ignore.map((value, pixel) =>
      labels[pixel] !== 0 && renumbered[labels[pixel]!] === 0 ? 1 : value,
    ),
    omitted: count - maxBoxes,
  };
}
