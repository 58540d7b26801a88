import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { evaluate, evaluateLabels } from '../../src/index.js';
import { drawing } from '../reference/draw.js';

const sample = 'examples/dsb2018-mini';
const folder = mkdtempSync(path.join(tmpdir(), 'evaluate-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a program scores files on disk', async () => {
  const done: number[] = [];
  const { targets } = await evaluate([sample], { truth: sample, onProgress: (images) => done.push(images) });
  expect(targets).toHaveLength(1);
  expect(targets[0]).toMatchObject({ score: 1, images: { length: 24 } });
  expect(done.at(-1)).toBe(24);
});

test('an image without a prediction is an error that names it', async () => {
  const labels = path.join(folder, 'labels');
  cpSync(path.join(sample, 'a-5afb7932_masks.png'), path.join(labels, 'a-5afb7932.png'));
  await expect(evaluate(labels, { truth: sample })).rejects.toMatchObject({
    exitCode: 3,
    problems: expect.arrayContaining([
      expect.objectContaining({ what: 'The image a-64eeef16 has no prediction.' }),
    ]) as unknown,
  });
});

test('a program scores its own label images', () => {
  const truth = drawing('11.22', '11.22');
  // One of two nuclei at every threshold: TP / (TP + FP + FN) = 1 / 2.
  expect(evaluateLabels([{ id: 'a', truth, prediction: drawing('11...', '11...') }]).score).toBe(0.5);
  expect(evaluateLabels([{ id: 'a', truth, prediction: truth }]).score).toBe(1);
});
