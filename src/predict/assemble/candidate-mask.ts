import { type Box, compareBoxes } from '../../data/geometry/box.js';
import type { AssembleSettings } from '../../config/assemble.js';
import type { PastedCandidate } from './candidate.js';

/** The mask of a candidate for given settings; compact, because an image may have hundreds of thousands. */
export interface CandidateMask {
  /** Of the detector. */
  readonly detection: Pick<PastedCandidate, 'box' | 'score'>;
  /** 0 to 1, see the setting `scoreBy`. */
  readonly score: number;
  /** Pixels of `box`, row by row: probability of a pixel of the mask, 1 to 255; 0 outside the mask. */
  readonly values: Uint8Array;
  /** px, at least 1. */
  readonly area: number;
  /** `xyxy`, px of the image, half-open: the tightest box of the mask. */
  readonly box: Box;
}

/**
 * Applies the thresholds; undefined for a candidate with a low score, without a pixel above the threshold, or with more of
 * them than a nucleus may have: it must not push out the nuclei that it covers.
 */
export function maskOf(
  candidate: PastedCandidate,
  { scoreThreshold, scoreBy, borderWeight, maskThreshold, maxArea }: AssembleSettings,
): CandidateMask | undefined {
  // The product with a probability is never higher, so most candidates are dropped here.
  if (candidate.score < scoreThreshold) return undefined;
  const { x: left, y: top, width, height, body, border } = candidate;
  const level = Math.max(1, Math.ceil(255 * maskThreshold));
  const values = new Uint8Array(width * height);
  let [area, sum] = [0, 0];
  let [x1, y1, x2, y2] = [width, height, 0, 0];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      let value = body[at]!;
      if (border && borderWeight !== 0) value = Math.min(255, Math.round(value + borderWeight * border[at]!));
      if (value < level) continue;
      values[at] = value;
      area++;
      sum += value;
      if (x < x1) x1 = x;
      if (x >= x2) x2 = x + 1;
      if (y < y1) y1 = y;
      y2 = y + 1;
    }
  }
  if (area === 0 || area > (maxArea ?? Infinity)) return undefined;
  const score = scoreBy === 'product' ? (candidate.score * sum) / (255 * area) : candidate.score;
  if (score < scoreThreshold) return undefined;
  const tight = new Uint8Array((x2 - x1) * (y2 - y1));
  for (let y = y1; y < y2; y++)
    tight.set(values.subarray(y * width + x1, y * width + x2), (y - y1) * (x2 - x1));
  return {
    detection: { box: candidate.box, score: candidate.score },
    score,
    values: tight,
    area,
    box: { x1: left + x1, y1: top + y1, x2: left + x2, y2: top + y2 },
  };
}

/** Intersection over union of two masks. */
export function maskIou(one: CandidateMask, other: CandidateMask): number {
  const x1 = Math.max(one.box.x1, other.box.x1);
  const x2 = Math.min(one.box.x2, other.box.x2);
  const y1 = Math.max(one.box.y1, other.box.y1);
  const y2 = Math.min(one.box.y2, other.box.y2);
  let intersection = 0;
  for (let y = y1; y < y2; y++) {
    const inOne = rowStart(one, y);
    const inOther = rowStart(other, y);
    for (let x = x1; x < x2; x++) {
      if (one.values[inOne + x] !== 0 && other.values[inOther + x] !== 0) intersection++;
    }
  }
  return intersection / (one.area + other.area - intersection);
}

/** Where column 0 of the image would stand in row y of the mask's values. */
export function rowStart({ box: { x1, y1, x2 } }: CandidateMask, y: number): number {
  return (y - y1) * (x2 - x1) - x1;
}

/**
 * Orders masks by descending score. Ties are decided by the score and the box of the detection (further up, then further
 * left), the area (larger first), the box of the mask, and the probability of the first pixel that differs; so the
 * result does not depend on the order of the candidates.
 */
export function compareMasks(one: CandidateMask, other: CandidateMask): number {
  const difference =
    other.score - one.score ||
    other.detection.score - one.detection.score ||
    compareBoxes(one.detection.box, other.detection.box) ||
    other.area - one.area ||
    compareBoxes(one.box, other.box);
  if (difference !== 0) return difference;
  const at = one.values.findIndex((value, index) => value !== other.values[index]);
  return at === -1 ? 0 : other.values[at]! - one.values[at]!;
}
