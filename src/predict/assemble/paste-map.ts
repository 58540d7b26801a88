import type { RectMap, Size } from '../../data/geometry/rect.js';
import type { Window } from '../../data/geometry/window.js';

/**
 * Resamples a map of a crop at the centres of the image's pixels: bilinear between the centres of the crop's pixels.
 * Between the outermost centres and the edge of the window the outermost values are repeated. Only pixels whose centre
 * lies in the window and in the image are part of the result.
 *
 * @param map `[size, size]`.
 */
export function pasteMap(
  map: Float32Array,
  size: number,
  window: Window,
  image: Size,
): RectMap<Float32Array> {
  const columns = sampleAxis(window.x, window.side, size, image.width);
  const rows = sampleAxis(window.y, window.side, size, image.height);
  const width = columns.lower.length;
  const height = rows.lower.length;
  const values = new Float32Array(width * height);
  for (let v = 0, at = 0; v < height; v++) {
    const above = rows.lower[v]! * size;
    const below = rows.upper[v]! * size;
    const down = rows.weight[v]!;
    for (let u = 0; u < width; u++, at++) {
      const left = columns.lower[u]!;
      const right = columns.upper[u]!;
      const across = columns.weight[u]!;
      const upper = map[above + left]! * (1 - across) + map[above + right]! * across;
      const lower = map[below + left]! * (1 - across) + map[below + right]! * across;
      values[at] = upper * (1 - down) + lower * down;
    }
  }
  return { x: columns.first, y: rows.first, width, height, values };
}

/** Between which two pixels of the crop each pixel of the image lies along one axis, and the weight of the second. */
function sampleAxis(start: number, side: number, size: number, length: number) {
  // Pixels whose centre, at + 0.5, lies in [start, start + side).
  const first = Math.max(0, Math.ceil(start - 0.5));
  const count = Math.max(0, Math.min(length, Math.ceil(start + side - 0.5)) - first);
  const lower = new Int32Array(count);
  const upper = new Int32Array(count);
  const weight = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const at = Math.min(Math.max(((first + i + 0.5 - start) * size) / side - 0.5, 0), size - 1);
    lower[i] = Math.floor(at);
    upper[i] = Math.min(lower[i]! + 1, size - 1);
    weight[i] = at - lower[i]!;
  }
  return { first, lower, upper, weight };
}
