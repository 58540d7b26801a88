import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Split, SplitImage } from '../../src/data/split/split.js';
import { runFiles } from '../../src/run/run-folder.js';
import { scratchFolder } from '../run/scratch.js';
import { useTinyRuns } from './tiny-run.js';

const run = useTinyRuns();

test('a split that is drawn for a run is in its folder, and is used when the run is resumed', async () => {
  const folder = scratchFolder();
  const steps = (steps: number) => run(folder, { budget: { steps } }, { ownData: true });
  await steps(2);
  const { split: file } = runFiles(folder);
  const text = readFileSync(file, 'utf8');
  const split = JSON.parse(text) as Split;
  expect(Object.keys(split.images)).toHaveLength(24);
  await steps(3);
  const moved = Object.entries(split.images).map(([id, image]): [string, SplitImage] => [
    id,
    { ...image, fold: (image.fold + 1) % 5 },
  ]);
  writeFileSync(file, JSON.stringify({ ...split, images: Object.fromEntries(moved) }));
  await expect(steps(4)).rejects.toMatchObject({ exitCode: 6 });
  writeFileSync(file, text);
  expect((await steps(4)).at(-1)).toMatchObject({ event: 'ended', step: 4 });
}, 120_000);
