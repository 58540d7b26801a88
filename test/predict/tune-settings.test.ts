import { expect, test } from 'vitest';
import { AssembleSettings } from '../../src/config/assemble.js';
import type { PastedCandidate } from '../../src/predict/assemble/candidate.js';
import { scoreSettings, type TunedImage, tuneSettings } from '../../src/predict/tune-settings.js';

const width = 40;
const height = 20;

/** A candidate that is sure of a rectangle of the image and half sure of one pixel all round it. */
function candidate(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  score: number,
  halo = 100,
): PastedCandidate {
  const [left, top, right, bottom] = [x1 - 1, y1 - 1, x2 + 1, y2 + 1];
  const body = new Uint8Array((right - left) * (bottom - top)).fill(halo);
  for (let y = y1; y < y2; y++)
    body.fill(255, (y - top) * (right - left) + 1, (y - top) * (right - left) + 1 + x2 - x1);
  return { box: { x1, y1, x2, y2 }, score, x: left, y: top, width: right - left, height: bottom - top, body };
}

/** Rectangles in order. */
function truthOf(...rectangles: (readonly [number, number, number, number])[]) {
  const labels = new Int32Array(width * height);
  rectangles.forEach(([x1, y1, x2, y2], index) => {
    for (let y = y1; y < y2; y++) labels.fill(index + 1, y * width + x1, y * width + x2);
  });
  return { width, height, labels };
}

const start = AssembleSettings.parse({});

test('finds the score above which candidates are right, and the threshold that fits the masks', async () => {
  // The nuclei are as large as the half sure pixels; what has a low score is not there.
  const images: TunedImage[] = [
    {
      id: 'one',
      truth: truthOf([4, 4, 14, 14], [20, 4, 32, 12]),
      pasted: [
        candidate(5, 5, 13, 13, 0.8),
        candidate(21, 5, 31, 11, 0.62),
        candidate(10, 16, 16, 19, 0.5),
        candidate(34, 14, 38, 18, 0.4),
      ],
    },
  ];
  const tuned = await tuneSettings(images, start);
  expect(scoreSettings(images, start)).toBeLessThan(0.5);
  expect(tuned.score).toBe(1);
  expect(scoreSettings(images, tuned.settings)).toBe(1);
  expect(tuned.settings.scoreThreshold).toBeGreaterThan(0.5);
  expect(tuned.settings.scoreThreshold).toBeLessThanOrEqual(0.62);
  expect(tuned.settings.maskThreshold).toBeLessThan(0.4);
});

test('the curves have the score of each value, including the chosen one', async () => {
  const images: TunedImage[] = [
    { id: 'one', truth: truthOf([4, 4, 14, 14]), pasted: [candidate(4, 4, 14, 14, 0.3, 0)] },
  ];
  const tuned = await tuneSettings(images, start);
  const curve = tuned.curves.find(({ key }) => key === 'scoreThreshold')!;
  expect(curve.values.map((value, index) => [value, curve.scores[index]])).toContainEqual([0.3, 1]);
  expect(curve.values.map((value, index) => [value, curve.scores[index]])).toContainEqual([0.35, 0]);
  expect(curve.scores[curve.values.indexOf(curve.chosen)]).toBe(tuned.score);
});

test('where nothing can be better, settings stay as they are', async () => {
  const images: TunedImage[] = [{ id: 'empty', truth: truthOf(), pasted: [] }];
  const tuned = await tuneSettings(images, start);
  expect(tuned.settings).toEqual(start);
  expect(tuned.score).toBe(1);
});

test('the score is the mean over images, and pixels that nobody has reviewed do not count', () => {
  const truth = truthOf([4, 4, 14, 14]);
  const found: TunedImage = { id: 'found', truth, pasted: [candidate(4, 4, 14, 14, 0.9, 0)] };
  const missed: TunedImage = { id: 'missed', truth, pasted: [] };
  expect(scoreSettings([found, missed], start)).toBe(0.5);
  const extra: TunedImage = { ...found, truth: truthOf(), ignore: new Uint8Array(width * height).fill(1) };
  expect(scoreSettings([extra], start)).toBe(1);
});
