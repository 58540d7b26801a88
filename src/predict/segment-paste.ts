import type { SegmentedCrop } from './segment.js';

/** Probabilities of a rectangle of an image. */
export interface PastedMap {
  /** First column and row, px of the image. */
  readonly x: number;
  readonly y: number;
  /** px; 0 where the crop lies beyond the image. */
  readonly width: number;
  readonly height: number;
  /** `[height, width]`. */
  readonly values: Float32Array;
}

/**
 * The body of a crop at the image's own resolution: bilinear between the centres of the crop's pixels. Outside of the
 * crop the probability is taken for 0, so pixels whose centre lies there are left out.
 *
 * @param image Its size in px.
 */
export function pasteBody(
  { x, y, side, size, body }: SegmentedCrop,
  image: { readonly width: number; readonly height: number },
): PastedMap {
  const columns = sampleAxis(x, side, size, image.width);
  const rows = sampleAxis(y, side, size, image.height);
  const width = columns.low.length;
  const height = rows.low.length;
  const values = new Float32Array(width * height);
  for (let v = 0, at = 0; v < height; v++) {
    const top = rows.low[v]! * size;
    const bottom = rows.high[v]! * size;
    const fy = rows.share[v]!;
    for (let u = 0; u < width; u++, at++) {
      const left = columns.low[u]!;
      const right = columns.high[u]!;
      const fx = columns.share[u]!;
      const above = body[top + left]! + fx * (body[top + right]! - body[top + left]!);
      const below = body[bottom + left]! + fx * (body[bottom + right]! - body[bottom + left]!);
      values[at] = above + fy * (below - above);
    }
  }
  return { x: columns.first, y: rows.first, width, height, values };
}

/** Between which two pixels of the crop each pixel of the image lies, along one axis. */
function sampleAxis(start: number, side: number, size: number, length: number) {
  // Pixels whose centre, at + 0.5, lies in [start, start + side).
  const first = Math.max(0, Math.ceil(start - 0.5));
  const end = Math.min(length, Math.ceil(start + side - 0.5));
  const count = Math.max(0, end - first);
  const low = new Int32Array(count);
  const high = new Int32Array(count);
  const share = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const at = Math.min(Math.max(((first + i + 0.5 - start) * size) / side - 0.5, 0), size - 1);
    low[i] = Math.floor(at);
    high[i] = Math.min(low[i]! + 1, size - 1);
    share[i] = at - low[i]!;
  }
  return { first, low, high, share };
}
