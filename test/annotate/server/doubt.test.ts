import { expect, test } from 'vitest';
import { doubtOf } from '../../../src/annotate/server/doubt.js';
import { AssembleSettings } from '../../../src/config/assemble.js';
import type { Candidate } from '../../../src/predict/assemble/candidate.js';

const image = { width: 40, height: 40 };
const settings = AssembleSettings.parse({ scoreThreshold: 0.5 });

const at = (x: number, score = 0.9) => ({ box: { x1: x, y1: 10, x2: x + 8, y2: 18 }, score });

/** A mask that fills its box; half of it, for a window twice as wide as the box. */
const candidate = (x: number, score: number, isHalf = false): Candidate => {
  const { box } = at(x, score);
  const window = { x: x - 4, y: 6, side: 16 };
  const body = new Float32Array(16 * 16);
  for (let row = 4; row < 12; row++) body.fill(1, 16 * row + 4, 16 * row + (isHalf ? 8 : 12));
  return { box, score, window, size: 16, body };
};

test('nothing either way is no doubt, and sure nuclei that fit their boxes are none', () => {
  expect(doubtOf({ candidates: [], detections: [], mirrored: [] }, image, settings)).toBe(0);
  const sight = { candidates: [candidate(10, 0.9)], detections: [at(10)], mirrored: [at(10)] };
  expect(doubtOf(sight, image, settings)).toBeCloseTo(0, 6);
});

test('scores near no decision count by their part', () => {
  const candidates = [candidate(10, 0.9), candidate(25, 0.3)];
  const detections = [at(10), at(25, 0.3)];
  expect(doubtOf({ candidates, detections, mirrored: detections }, image, settings)).toBeCloseTo(0.5, 6);
});

test('a mask that fills half of its box counts by what they differ', () => {
  const sight = { candidates: [candidate(10, 0.9, true)], detections: [at(10)], mirrored: [at(10)] };
  expect(doubtOf(sight, image, settings)).toBeCloseTo(0.5, 1);
});

test('what only one of both views shows as a nucleus counts by 1 - F1', () => {
  const views = (detections: ReturnType<typeof at>[], mirrored: ReturnType<typeof at>[]) =>
    doubtOf({ candidates: [], detections, mirrored }, image, settings);
  // One of 2 and 1 nuclei is the same: F1 = 2 / 3. A score below the threshold is no nucleus.
  expect(views([at(10), at(25)], [at(10), at(25, 0.4)])).toBeCloseTo(1 / 3, 6);
  expect(views([at(10)], [])).toBe(1);
  expect(views([], [at(10)])).toBe(1);
  // Boxes 8 px wide, 2 and 3 px apart: IoU 0.6 and 0.45.
  expect(views([at(10)], [at(12)])).toBe(0);
  expect(views([at(10)], [at(13)])).toBe(1);
});
