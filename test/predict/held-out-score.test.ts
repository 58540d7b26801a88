import type { Rect } from '../../src/data/geometry/rect.js';
import { expect, test } from 'vitest';
import { AssembleSettings } from '../../src/config/assemble.js';
import type { PastedCandidate } from '../../src/predict/assemble/candidate.js';
import { type GroupedImage, heldOutScore } from '../../src/predict/held-out-score.js';
import { tuneSettings } from '../../src/predict/tune-settings.js';

/** One nucleus of 10 x 10 px in 20 x 20, found with the given score, and 5 x 20 px that are none with another. */
function imageOf(id: string, group: number, right: number, wrong: number): GroupedImage {
  const labels = new Int32Array(400);
  for (let y = 5; y < 15; y++) labels.fill(1, y * 20 + 5, y * 20 + 15);
  const candidate = ({ x, y, width, height }: Rect, score: number): PastedCandidate => ({
    ...{ box: { x1: x, y1: y, x2: x + width, y2: y + height }, score },
    ...{ x, y, width, height, body: new Uint8Array(width * height).fill(255) },
  });
  const pasted = [
    candidate({ x: 5, y: 5, width: 10, height: 10 }, right),
    candidate({ x: 15, y: 0, width: 5, height: 20 }, wrong),
  ];
  return { id, group, cluster: group < 10 ? 'a' : 'b', truth: { width: 20, height: 20, labels }, pasted };
}

const start = AssembleSettings.parse({});

test('settings are scored on images that they were not chosen on', async () => {
  // What is best for the images of one group is wrong for the other: 0.5 separates in one, nothing does in both.
  const images = [imageOf('p', 0, 0.9, 0.6), imageOf('q', 0, 0.9, 0.6), imageOf('r', 1, 0.5, 0.2)];
  const heldOut = await heldOutScore(images, start);
  expect((await tuneSettings(images.slice(0, 2), start)).score).toBe(1);
  expect((await tuneSettings(images.slice(2), start)).score).toBe(1);
  // Settings of p and q need a threshold above 0.6 and lose r; 0.35 of r, the default, keeps the wrong one of p and q.
  expect(heldOut!.score).toBeCloseTo((0.5 + 0.5 + 0) / 3, 12);
  expect(heldOut!.clusters).toEqual({ a: { images: 3, score: heldOut!.score } });
});

test('scores are reported by cluster, and as the mean of all images', async () => {
  const images = [0, 1, 10, 11].map((group) =>
    imageOf(`image-${group}`, group, 0.9, group < 10 ? 0.1 : 0.95),
  );
  const heldOut = await heldOutScore(images, start);
  expect(heldOut).toEqual({
    score: 0.75,
    clusters: { a: { images: 2, score: 1 }, b: { images: 2, score: 0.5 } },
  });
});

test('one group cannot be halved', async () => {
  expect(await heldOutScore([imageOf('p', 3, 0.9, 0.1), imageOf('q', 3, 0.9, 0.1)], start)).toBeNull();
});
