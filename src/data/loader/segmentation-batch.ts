import type { SegmentationLoader } from '../../config/loader.js';
import type { SegmentationSample } from '../augment/segmentation-sample.js';
import { writeNetworkPixels } from '../image/network-pixels.js';

/** Crops for the segmenter, each around one nucleus. B = crops, S = their side in px. */
export interface SegmentationBatch {
  /** Draws up to the end of this batch: where to resume after it. */
  readonly cursor: number;
  /** `[B]`: the id of the example of each crop. */
  readonly ids: readonly string[];
  /** `[B]`: the label of the nucleus in its example. */
  readonly labels: Int32Array;
  readonly size: number;
  /** `[B, S, S, 3]`, -1 (black) to 1 (white); grey is repeated. */
  readonly images: Float32Array;
  /** `[B, 4]` `xyxy`, px of the crop, half-open: the jittered box, in the middle of the crop. */
  readonly boxes: Float32Array;
  /** `[B, S, S]`, 1 = this nucleus. */
  readonly masks: Uint8Array;
  /** `[B, S, S]`, 1 = another nucleus. */
  readonly neighbours: Uint8Array;
  /** `[B, S, S]`, 1 = not reviewed by an expert. */
  readonly ignore: Uint8Array;
}

export interface DrawnNucleus extends SegmentationSample {
  readonly id: string;
  readonly label: number;
}

/** Puts samples of one size into a batch. */
export function segmentationBatch(
  drawn: readonly DrawnNucleus[],
  { cropSize: size }: SegmentationLoader,
  cursor: number,
): SegmentationBatch {
  const count = drawn.length;
  const pixels = size * size;
  const batch = {
    cursor,
    ids: drawn.map(({ id }) => id),
    labels: Int32Array.from(drawn, ({ label }) => label),
    size,
    images: new Float32Array(count * pixels * 3),
    boxes: new Float32Array(count * 4),
    masks: new Uint8Array(count * pixels),
    neighbours: new Uint8Array(count * pixels),
    ignore: new Uint8Array(count * pixels),
  };
  for (const [row, { sample, label, box }] of drawn.entries()) {
    const at = row * pixels;
    writeNetworkPixels(sample, batch.images, 3 * at);
    batch.boxes.set(box, 4 * row);
    batch.ignore.set(sample.ignore, at);
    for (let i = 0; i < pixels; i++) {
      const found = sample.labels[i]!;
      if (found === label) batch.masks[at + i] = 1;
      else if (found !== 0) batch.neighbours[at + i] = 1;
    }
  }
  return batch;
}
