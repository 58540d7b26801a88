import { expect, test } from 'vitest';
import { AssembleSettings } from '../../src/config/assemble.js';
import { chooseSettings } from '../../src/finetune/operating-point.js';
import type { PastedCandidate } from '../../src/predict/assemble/candidate.js';
import type { GroupedImage } from '../../src/predict/held-out-score.js';

/** An image of one nucleus, which is found with a score; all of its pixels are sure. */
function image(group: number, score: number): GroupedImage {
  const labels = new Int32Array(400);
  for (let y = 5; y < 15; y++) labels.fill(1, 20 * y + 5, 20 * y + 15);
  const found: PastedCandidate = {
    ...{ x: 5, y: 5, width: 10, height: 10, score, box: { x1: 5, y1: 5, x2: 15, y2: 15 } },
    body: new Uint8Array(100).fill(255),
  };
  return { id: `image-${group}`, group, truth: { width: 20, height: 20, labels }, pasted: [found] };
}

const assemble = AssembleSettings.parse({ scoreThreshold: 0.55 });
const start = { name: 'old', assemble, tuned: null };
const options = { unseen: true, now: '2026-11-29T00:00:00.000Z' };

test('each image is scored with the threshold that the others choose, and the model gets that of all', () => {
  const images = [...[0, 1, 2, 3].map((group) => image(group, 0.32)), image(4, 0.12)];
  const { assemble: chosen, tuned, scoredWith, how } = chooseSettings(start, images, options);
  // 0.1 keeps the nuclei of all five; without the last, 0.3 is enough, the nearest to the old 0.55.
  expect(chosen).toEqual({ ...start.assemble, scoreThreshold: 0.1 });
  expect(scoredWith('image-4').scoreThreshold).toBe(0.3);
  expect(scoredWith('image-0').scoreThreshold).toBe(0.1);
  // Chosen on all five, all are found; chosen by the others, the last is missed.
  expect(tuned).toMatchObject({ score: 1, images: 5, date: options.now });
  expect(tuned!.heldOut).toEqual({ score: 0.8, clusters: { unknown: { images: 5, score: 0.8 } } });
  expect(how).toContain('each is scored with the one that the others choose');
});

test('a threshold that is as good as any other stays', () => {
  const images = [0, 1, 2, 3, 4].map((group) => image(group, 0.9));
  expect(chooseSettings(start, images, options).assemble).toEqual(start.assemble);
});

test('too few groups, or images that were learnt from, choose nothing', () => {
  const few = [0, 0, 1, 2, 3].map((group, index) => ({ ...image(group, 0.32), id: `image-${index}` }));
  const many = [0, 1, 2, 3, 4].map((group) => image(group, 0.32));
  for (const [images, unseen, why] of [
    [few, true, '4 independent images cannot choose them'],
    [few.slice(0, 2), true, '1 independent image cannot choose them'],
    [many, false, 'images that were learnt from cannot choose them'],
  ] as const) {
    const point = chooseSettings(start, images, { ...options, unseen });
    expect(point).toMatchObject({
      assemble: start.assemble,
      tuned: null,
      how: `kept from old, since ${why}`,
    });
    expect(point.scoredWith('image-0')).toEqual(start.assemble);
  }
});
