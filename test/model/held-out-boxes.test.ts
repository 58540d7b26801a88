import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DetectorConfig } from '../../src/config/detector.js';
import { readDetectedBoxes } from '../../src/data/loader/detected-boxes.js';
import { readAll } from '../data/read-all.js';
import { readSplit } from '../../src/data/split/split-file.js';
import { heldOutBoxes } from '../../src/model/held-out-boxes.js';
import { writeModelFolder } from '../../src/model/model-folder.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel } from './small-model.js';

useNativeCpu();

const data = 'examples/dsb2018-mini';
const split = 'configs/splits/dsb2018-mini.json';
const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-boxes-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A model whose detector says that it was trained on all folds but one. */
async function write(name: string, changes: Partial<DetectorConfig['data']>): Promise<string> {
  const { file, ...weights } = smallModel();
  const { config } = file.detector;
  const detector = { ...file.detector, config: { ...config, data: { ...config.data, split, ...changes } } };
  const place = path.join(folder, name);
  await writeModelFolder(place, { file: { ...file, detector }, ...weights }, '');
  return place;
}

let third: string;
beforeAll(async () => {
  third = await write('third', { validationFold: 3 });
});

const options = { data, labels: '', minScore: 0, mode: 'eager' } as const;

test('the images of the fold that was left out, with boxes that a segmenter can train on', async () => {
  const done: number[] = [];
  const boxes = await heldOutBoxes([third], { ...options, onImage: (count) => done.push(count) });
  const { images } = await readSplit(split);
  const held = Object.keys(images).filter((id) => images[id]!.fold === 3);
  expect(Object.keys(boxes).sort()).toEqual(held.sort());
  expect(done).toEqual(held.map((_, index) => index + 1));
  expect(Object.values(boxes).flat().length).toBeGreaterThan(0);
  for (const [x1, y1, x2, y2] of Object.values(boxes).flat()) {
    expect(x2).toBeGreaterThan(x1);
    expect(y2).toBeGreaterThan(y1);
    expect(Math.max(x2, y2)).toBeLessThanOrEqual(256);
  }
  const file = path.join(folder, 'boxes.json');
  writeFileSync(file, JSON.stringify(boxes));
  const read = readDetectedBoxes(file, await readAll(data), 0);
  expect(Object.keys(read).sort()).toEqual(held);
});

test('images that a detector was trained on, and two detectors for one image, are errors', async () => {
  const all = await write('all', { validationFold: 3, trainOnAll: true });
  await expect(heldOutBoxes([all], options)).rejects.toMatchObject({
    exitCode: 3,
    message: 'The detector was trained on every image.',
  });
  await expect(heldOutBoxes([third, third], options)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/^Two detectors have the image .* in their validation fold\.$/u) as string,
  });
  await expect(heldOutBoxes([folder], options)).rejects.toMatchObject({ exitCode: 2 });
});
