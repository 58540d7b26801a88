import type { LabelImage } from '../../../src/data/geometry/label-image.js';
import type { Candidate } from '../../../src/predict/assemble/candidate.js';
import { AssembleSettings } from '../../../src/config/assemble.js';

/** Settings that leave everything as it is, but for those given. */
export const settings = (changed: Partial<AssembleSettings> = {}): AssembleSettings =>
  AssembleSettings.parse({
    ...{ scoreThreshold: 0, nmsThreshold: 1, maxLost: 1, pieces: 'all', fillHoles: false, minArea: 1 },
    ...changed,
  });

/** Probabilities by the letters of a drawing. */
const letters: Record<string, number> = { '.': 0, '#': 1, a: 0.9, b: 0.8, c: 0.7, d: 0.6, e: 0.4 };

/** A candidate whose crop shows the image pixel for pixel: a square of S rows. */
export function candidateOf(
  rows: readonly string[],
  { x = 0, y = 0, score = 0.5 }: { readonly x?: number; readonly y?: number; readonly score?: number } = {},
): Candidate {
  const size = rows.length;
  const body = Float32Array.from(rows.flatMap((row) => [...row].map((letter) => letters[letter]!)));
  const box = { x1: x, y1: y, x2: x + size, y2: y + size };
  return { box, score, window: { x, y, side: size }, size, body };
}

/** A label image as rows of digits, '.' for the background. */
export function drawn({ width, labels }: Pick<LabelImage, 'width' | 'labels'>): string[] {
  const rows: string[] = [];
  for (let at = 0; at < labels.length; at += width) {
    rows.push(
      [...labels.subarray(at, at + width)].map((label) => (label === 0 ? '.' : String(label))).join(''),
    );
  }
  return rows;
}
