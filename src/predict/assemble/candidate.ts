import type { Window } from '../../data/geometry/window.js';
import type { Rect, Size } from '../../data/geometry/rect.js';
import type { Box } from '../../data/geometry/box.js';
import { pasteMap } from './paste-map.js';

/** A detection with its mask, before assembly. */
export interface Candidate {
  /** `xyxy`, px of the image, half-open; of the detector. */
  readonly box: Box;
  /** Of the detector, 0 to 1. */
  readonly score: number;
  /** Area of the crop. */
  readonly window: Window;
  /** S, px of the crop. */
  readonly size: number;
  /** `[S * S]`, 0 to 1, row by row: probability that a pixel of the crop belongs to this nucleus. */
  readonly body: Float32Array;
  /** The same for the border of the nucleus; absent if the segmenter has none. */
  readonly border?: Float32Array;
}

/**
 * A candidate in the pixels of the image, before any setting is applied: `nucleate tune` makes it once and assembles it
 * thousands of times. The rectangle contains every probability above 0 and lies within the image; it is 0 px wide and
 * high if the candidate lies outside the image. Probabilities are in steps of 1/255, a quarter of the memory of floats.
 */
export interface PastedCandidate extends Rect {
  readonly box: Box;
  readonly score: number;
  /** `[height * width]`, 0 to 255. */
  readonly body: Uint8Array;
  /** `[height * width]`, 0 to 255; absent if the candidate has none. */
  readonly border?: Uint8Array;
}

/**
 * Resamples a candidate to the pixels of the image, see {@link pasteMap}.
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
  const pasted = (border ? [body, border] : [body]).map((map) => pasteMap(map, size, window, image));
  const { x, y, width, height } = pasted[0]!;
  const kept = withoutZeros(
    { x, y, width, height },
    pasted.map(({ values }) => toBytes(values)),
  );
  const [keptBody, keptBorder] = kept.maps;
  return { box, score, ...kept.rect, body: keptBody!, ...(keptBorder && { border: keptBorder }) };
}

/** In steps of 1/255. */
function toBytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    bytes[i] = value <= 0 ? 0 : value >= 1 ? 255 : 255 * value + 0.5;
  }
  return bytes;
}

/** Cuts off rows and columns in which every map is 0; probabilities of a far corner only cost memory. */
function withoutZeros(rect: Rect, maps: readonly Uint8Array[]): { rect: Rect; maps: Uint8Array[] } {
  const { width, height } = rect;
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
    return { rect: { x: 0, y: 0, width: 0, height: 0 }, maps: maps.map(() => new Uint8Array()) };
  const kept = { x: rect.x + left, y: rect.y + top, width: right - left, height: bottom - top };
  const cut = (map: Uint8Array) => {
    const values = new Uint8Array(kept.width * kept.height);
    for (let y = 0; y < kept.height; y++) {
      const from = (top + y) * width + left;
      values.set(map.subarray(from, from + kept.width), y * kept.width);
    }
    return values;
  };
  return { rect: kept, maps: maps.map(cut) };
}
