import type { Box } from '../../data/boxes.js';
import type { Size } from '../../data/mask.js';

/** The square of the image that a crop shows. */
export interface Window {
  /** Left edge, px of the image; may be fractional or outside. */
  readonly x: number;
  /** Top edge, px of the image; may be fractional or outside. */
  readonly y: number;
  /** px of the image, above 0. */
  readonly side: number;
}

/** A nucleus as the two networks propose it. */
export interface Candidate {
  /** `xyxy`, px of the image, half-open; the detector's. */
  readonly box: Box;
  /** The detector's, 0 to 1. */
  readonly score: number;
  /** What the segmenter saw. */
  readonly window: Window;
  /** S, px of the crop. */
  readonly size: number;
  /** `[S * S]`, 0 to 1, row by row: probability of each pixel of the crop to be of this nucleus. */
  readonly body: Float32Array;
  /** The same for the border of the nucleus; absent where the segmenter gives none. */
  readonly border?: Float32Array;
}

/**
 * A candidate in the pixels of the image, before any setting has a say: `nucleate tune` makes it once and assembles it
 * thousands of times. Probabilities are in steps of 1/255, a quarter of the memory of floats.
 */
export interface PastedCandidate {
  readonly box: Box;
  readonly score: number;
  /** Of the rectangle that holds every probability above 0, px of the image; it lies within the image. */
  readonly left: number;
  readonly top: number;
  /** px; 0 where nothing of the candidate lies within the image. */
  readonly width: number;
  readonly height: number;
  /** `[height * width]`, 0 to 255. */
  readonly body: Uint8Array;
  /** `[height * width]`, 0 to 255; absent where the candidate has none. */
  readonly border?: Uint8Array;
}

/**
 * Resamples the probabilities of a crop at the centres of the image's pixels, bilinearly. Beyond the outermost pixel
 * centres of the crop its outermost values go on, up to the edge of the window; nothing lies outside the window.
 *
 * @throws {RangeError} If a map does not have S * S values, or the window has no side.
 */
export function pasteCandidate(candidate: Candidate, image: Size): PastedCandidate {
  const { box, score, window, size, body, border } = candidate;
  for (const { length } of border ? [body, border] : [body]) {
    if (length !== size * size || size < 1) {
      throw new RangeError(`Expected a map of ${size} x ${size} probabilities, received ${length} values`);
    }
  }
  if (!(window.side > 0)) throw new RangeError(`Expected a window with a side, received ${window.side} px`);
  const columns = resampling(window.x, window.side, size, image.width);
  const rows = resampling(window.y, window.side, size, image.height);
  const plane = { left: columns.first, top: rows.first, width: columns.count, height: rows.count };
  const maps = [resample(body, size, columns, rows)];
  if (border) maps.push(resample(border, size, columns, rows));
  const kept = withoutZeros(plane, maps);
  const [keptBody, keptBorder] = kept.maps;
  return { box, score, ...kept.plane, body: keptBody!, ...(keptBorder && { border: keptBorder }) };
}

/** For pixels of the image along one axis: the two crop pixels on either side and the weight of the second. */
interface Resampling {
  /** The first pixel of the image within the window. */
  readonly first: number;
  readonly count: number;
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  readonly weight: Float64Array;
}

function resampling(start: number, side: number, size: number, imageSide: number): Resampling {
  // Pixel p belongs to the window if its centre p + 0.5 does.
  const first = Math.max(0, Math.ceil(start - 0.5));
  const count = Math.max(0, Math.min(imageSide, Math.ceil(start + side - 0.5)) - first);
  const lower = new Int32Array(count);
  const upper = new Int32Array(count);
  const weight = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const centre = ((first + index + 0.5 - start) * size) / side - 0.5;
    const inside = Math.min(Math.max(centre, 0), size - 1);
    lower[index] = Math.floor(inside);
    upper[index] = Math.min(lower[index]! + 1, size - 1);
    weight[index] = inside - lower[index]!;
  }
  return { first, count, lower, upper, weight };
}

function resample(map: Float32Array, size: number, columns: Resampling, rows: Resampling): Uint8Array {
  const values = new Uint8Array(columns.count * rows.count);
  let at = 0;
  for (let row = 0; row < rows.count; row++) {
    const above = rows.lower[row]! * size;
    const below = rows.upper[row]! * size;
    const down = rows.weight[row]!;
    for (let column = 0; column < columns.count; column++) {
      const left = columns.lower[column]!;
      const right = columns.upper[column]!;
      const across = columns.weight[column]!;
      const upper = map[above + left]! * (1 - across) + map[above + right]! * across;
      const lower = map[below + left]! * (1 - across) + map[below + right]! * across;
      const value = upper * (1 - down) + lower * down;
      values[at++] = value <= 0 ? 0 : value >= 1 ? 255 : 255 * value + 0.5;
    }
  }
  return values;
}

interface Plane {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Cuts off rows and columns in which every map is 0; probabilities of a far corner only cost memory. */
function withoutZeros(plane: Plane, maps: readonly Uint8Array[]): { plane: Plane; maps: Uint8Array[] } {
  const { width, height } = plane;
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (const map of maps) {
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at++) {
        if (map[at] === 0) continue;
        if (x < left) left = x;
        if (x >= right) right = x + 1;
        if (y < top) top = y;
        if (y >= bottom) bottom = y + 1;
      }
    }
  }
  if (right === 0)
    return { plane: { left: 0, top: 0, width: 0, height: 0 }, maps: maps.map(() => new Uint8Array()) };
  const kept = { left: plane.left + left, top: plane.top + top, width: right - left, height: bottom - top };
  const cut = (map: Uint8Array) => {
    const values = new Uint8Array(kept.width * kept.height);
    for (let y = 0; y < kept.height; y++) {
      const from = (top + y) * width + left;
      values.set(map.subarray(from, from + kept.width), y * kept.width);
    }
    return values;
  };
  return { plane: kept, maps: maps.map(cut) };
}
