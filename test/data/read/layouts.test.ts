import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataset } from '../../../src/data/read/dataset.js';
import { layouts } from '../../../src/data/read/layouts.js';
import { prepareDataset } from '../../../src/data/read/prepared-layout.js';
import { dataErrorOf } from '../expect-error.js';
import { readAll } from '../read-all.js';
import { drawingPng, writeFolder, type Files } from '../write-dataset.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nucleate-layouts-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const image = await drawingPng('12', '34');
const mask = await drawingPng('##', '..');
const examples: Readonly<Record<string, Files>> = {
  challenge: { 'x/images/x.png': image, 'x/masks/1.png': mask },
  folders: { 'images/x.png': image, 'masks/x.png': mask },
  pairs: { 'x.png': image, 'x_masks.png': mask },
  // 1 1 and 3 1: the upper pixel of each column.
  'run-lengths': { 'x.png': image, 'x.csv': 'ImageId,EncodedPixels\nx,1 1 3 1\n' },
};

test.each(['challenge', 'folders', 'pairs', 'run-lengths', 'prepared'])(
  '%s is recognised, described, and read as the same example',
  async (name) => {
    let path = writeFolder(join(folder, 'dataset'), examples[name] ?? examples['pairs']!);
    if (name === 'prepared') {
      const source = await openDataset(path);
      path = join(folder, 'x.prepared');
      await prepareDataset(source, path);
      await source.close();
    }
    const { describe, arrangement } = layouts.find((layout) => layout.name === name)!;
    const dataset = await openDataset(path);
    expect(dataset.layout).toBe(name);
    expect(dataset.description).toContain(`1 ${describe.replace('images', 'image')} (${arrangement})`);
    await dataset.close();
    const labels = Int32Array.of(1, 1, 0, 0);
    expect(await readAll(path)).toMatchObject([{ id: 'x', instanceCount: 1, labelImage: { labels } }]);
  },
);

test('layouts have different names', () => {
  expect(new Set(layouts.map(({ name }) => name)).size).toBe(layouts.length);
});

test('the hint for an unknown layout lists all of them', async () => {
  const dataset = openDataset(writeFolder(join(folder, 'none'), { 'x.png': image }));
  const { hint } = await dataset.then(
    () => ({ hint: '' }),
    (error: { hint: string }) => error,
  );
  for (const { arrangement } of layouts) expect(hint).toContain(arrangement);
});

test('of the layouts whose masks are images, one mask file per nucleus wins; a table beside them is ambiguous', async () => {
  const both = writeFolder(join(folder, 'both'), {
    'x/images/x.png': image,
    'x/masks/x_masks.png': mask,
    'x/masks/other.png': mask,
  });
  const dataset = await openDataset(both);
  expect(dataset.layout).toBe('challenge');
  await dataset.close();
  const unclear = writeFolder(join(folder, 'unclear'), { ...examples['pairs'], ...examples['run-lengths'] });
  expect((await dataErrorOf(openDataset(unclear))).what).toBe(
    'It is unclear which masks to use: those of x_masks.png or those of x.csv.',
  );
});
