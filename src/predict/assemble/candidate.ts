import type { Box } from '../../data/boxes.js';
import type { Size } from '../../data/mask.js';
import { pasteMap, type Window } from './paste-map.js';

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
 * Brings a candidate into the pixels of the image, as {@link pasteMap} has it.
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
    { left: x, top: y, width, height },
    pasted.map(({ values }) => toBytes(values)),
  );
  const [keptBody, keptBorder] = kept.maps;
  return { box, score, ...kept.plane, body: keptBody!, ...(keptBorder && { border: keptBorder }) };
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
