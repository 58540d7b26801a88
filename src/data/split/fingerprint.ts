/**
 * Recognises images that a network has been trained on, whatever they are called and however they are stored.
 *
 * A fingerprint has 72 bytes: 8 of the pixel hash, and a thumbnail of 8 x 8 parts. Thumbnails find near-copies: flipped,
 * turned by 90 degrees, scaled, encoded again, brighter or darker. `neighbours.ts` compares images of one dataset more
 * closely, but needs 20 KB an image.
 */
import type { Image } from '../image/image.js';
import { pixelHashOf } from '../image/pixel-hash.js';
import { greyOf } from './signature.js';

const hashBytes = 8;
const side = 8;
const parts = side * side;
const bytesEach = hashBytes + parts;

/**
 * Least correlation of the thumbnails of near-copies. Between images of fold 0 of the 2018 Data Science Bowl and those of
 * the other folds it is at most 0.84. Copies of them as JPEG of quality 50, at gamma 0.7 or 1.5, dimmed or with noise have
 * more in all but 1 of 660 cases (experiments/LOG.md, 2026-11-29).
 */
const copyCorrelation = 0.95;

/** What is kept of an image to recognise it. */
export interface Fingerprint {
  /** The first bytes of the pixel hash, in hexadecimal. */
  readonly hash: string;
  /** 64 grey values of the parts, minus their mean and scaled to length 1; all 0 for a flat image. */
  readonly thumbnail: Float32Array;
}

export const fingerprintOf = (image: Image): Fingerprint => ({
  hash: pixelHashOf(image).slice(0, 2 * hashBytes),
  thumbnail: thumbnailOf(image),
});

/** Fingerprints as base64, in the order of their hashes and each once; thumbnails as signed bytes. */
export function encodeFingerprints(fingerprints: readonly Fingerprint[]): string {
  const byHash = new Map(fingerprints.map((fingerprint) => [fingerprint.hash, fingerprint]));
  const records = [...byHash.values()].map(({ hash, thumbnail }) => {
    const largest = thumbnail.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const levels = thumbnail.map((value) => (largest === 0 ? 0 : Math.round((127 * value) / largest)));
    return Buffer.concat([Buffer.from(hash, 'hex'), new Uint8Array(Int8Array.from(levels).buffer)]);
  });
  return Buffer.concat(records.sort((one, other) => one.compare(other))).toString('base64');
}

/** @throws {RangeError} If it is not a whole number of fingerprints. */
export function decodeFingerprints(text: string): Fingerprint[] {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length % bytesEach !== 0)
    throw new RangeError(`Expected a multiple of ${bytesEach} bytes, received ${bytes.length}`);
  return Array.from({ length: bytes.length / bytesEach }, (_, index) => {
    const record = bytes.subarray(index * bytesEach, (index + 1) * bytesEach);
    const thumbnail = Float32Array.from(new Int8Array(record.subarray(hashBytes)));
    return { hash: record.toString('hex', 0, hashBytes), thumbnail: normalised(thumbnail) };
  });
}

/** Whether an image is among others: the `same` pixels, or a near-`copy`. */
export type Sighting = 'same' | 'copy' | undefined;

/** Looks for each image among others, in their order. */
export function sightingsOf(wanted: readonly Fingerprint[], among: readonly Fingerprint[]): Sighting[] {
  const known = new Set(among.map(({ hash }) => hash));
  return wanted.map(({ hash, thumbnail }) => {
    if (known.has(hash)) return 'same';
    const views = viewsOf(thumbnail);
    const isCopy = among.some((other) =>
      views.some((view) => correlation(view, other.thumbnail) >= copyCorrelation),
    );
    return isCopy ? 'copy' : undefined;
  });
}

function correlation(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let part = 0; part < parts; part++) sum += one[part]! * other[part]!;
  return sum;
}

/** The thumbnail as it would be if the image were flipped or turned by 90 degrees: eight views. */
function viewsOf(thumbnail: Float32Array): Float32Array[] {
  return Array.from({ length: 8 }, (_, view) =>
    thumbnail.map((_value, part) => {
      const x = view & 1 ? side - 1 - (part % side) : part % side;
      const y = view & 2 ? side - 1 - Math.floor(part / side) : Math.floor(part / side);
      return thumbnail[view & 4 ? x * side + y : y * side + x]!;
    }),
  );
}

/** Means of equal parts, with fractions of pixels, so that flipping an image flips its thumbnail. */
function thumbnailOf(image: Image): Float32Array {
  const { width, height } = image;
  const grey = greyOf(image);
  const means = new Float32Array(parts);
  const columns = shares(width);
  const rows = shares(height);
  for (let y = 0; y < height; y++) {
    for (const [row, down] of rows[y]!) {
      for (let x = 0; x < width; x++) {
        for (const [column, across] of columns[x]!) {
          means[row * side + column]! += down * across * grey[y * width + x]!;
        }
      }
    }
  }
  return normalised(means);
}

/** For each pixel of a line, the parts of the line that it belongs to, and which fraction of the part it is. */
function shares(length: number): [part: number, fraction: number][][] {
  const partLength = length / side;
  return Array.from({ length }, (_, at) => {
    const [first, last] = [
      Math.floor(at / partLength),
      Math.min(side - 1, Math.floor((at + 1) / partLength)),
    ];
    return Array.from({ length: last - first + 1 }, (_value, index): [number, number] => {
      const part = first + index;
      const covered = Math.min(at + 1, (part + 1) * partLength) - Math.max(at, part * partLength);
      return [part, Math.max(0, covered) / partLength];
    });
  });
}

function normalised(values: Float32Array): Float32Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const centred = values.map((value) => value - mean);
  const length = Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0));
  // Rounding alone gives flat images a pattern.
  return length < 1e-3 ? centred.fill(0) : centred.map((value) => value / length);
}
