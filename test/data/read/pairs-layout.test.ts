import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listPairs, readPairs } from '../../../src/data/read/pairs-layout.js';
import { refusalOf } from '../expect-refusal.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nucleate-label-images-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Puts a fixture image (3 x 2 px, unless it says otherwise) into the folder under each name. */
function put(fixture: string, ...names: string[]): void {
  for (const name of names)
    cpSync(join(import.meta.dirname, '../fixtures/images', fixture), join(folder, name));
}

const problemsOf = async (promise: Promise<unknown>) =>
  (await refusalOf(promise)).problems.map(({ what, where }) => `${where?.slice(folder.length + 1)}: ${what}`);

test('pairs come in code-unit order of their ids, other files are ignored', async () => {
  put(
    'grey8.png',
    'b.png',
    'b_masks.png',
    'a-1.png',
    'a-1_masks.png',
    'a.png',
    'a_masks.png',
    'B2.PNG',
    'é.png',
  );
  put('grey16.tif', 'B2_masks.tif', 'é_masks.tiff', '.hidden.png');
  writeFileSync(join(folder, 'README.md'), '');
  writeFileSync(join(folder, 'sample.csv'), '');
  mkdirSync(join(folder, 'old.png'));
  const pairs = await listPairs(folder);
  // Code units: B < a < b < é, and "a" before "a-1"; a locale would give a, a-1, b, B2, é.
  expect(pairs.map(({ id }) => id)).toEqual(['B2', 'a', 'a-1', 'b', 'é']);
  expect(pairs[0]).toEqual({
    id: 'B2',
    imagePath: join(folder, 'B2.PNG'),
    masksPath: join(folder, 'B2_masks.tif'),
  });
});

test('an example holds the image and its labels as 1..n', async () => {
  put('rgb8.png', 'x.png');
  put('grey16.png', 'x_masks.png');
  const [example, ...others] = await readPairs(folder);
  expect(others).toEqual([]);
  expect(example).toMatchObject({ id: 'x', instanceCount: 5, image: { width: 3, height: 2, channels: 3 } });
  // 0, 1, 255, 256, 40000, 65535
  expect(example!.labelImage).toEqual({ width: 3, height: 2, labels: Int32Array.of(0, 1, 2, 3, 4, 5) });
});

test('every problem is told at once', async () => {
  put('grey8.png', 'good.png', 'good_masks.png', 'lonely.png', 'orphan_masks.png', 'large_masks.png');
  put('grey8.png', 'twice.png', 'TWICE.tif', 'twice_masks.png', 'broken_masks.png', 'coloured.png');
  put('flat.jpg', 'large.png'); // 8 x 8 px
  put('truncated.png', 'broken.png');
  put('rgb8.png', 'coloured_masks.png');
  symlinkSync(join(folder, 'good.png'), join(folder, 'link.png'));
  expect(await problemsOf(listPairs(folder))).toEqual([
    'link.png: Links are not followed.',
    'twice.png: The name collides with TWICE.tif.',
    'TWICE.tif: The image has no masks.',
    'lonely.png: The image has no masks.',
    'orphan_masks.png: The masks have no image.',
  ]);
  const error = await refusalOf(readPairs(folder));
  expect(error).toMatchObject({ what: 'The dataset has 8 problems.', where: folder });
  expect((await problemsOf(readPairs(folder))).slice(5)).toEqual([
    'broken.png: The image is damaged: its header can be read and its pixels cannot.',
    'coloured_masks.png: The labels are colours: the three channels differ.',
    'large_masks.png: The masks have 3 x 2 pixels and the image 8 x 8.',
  ]);
});

test('names that differ only in how an accent is encoded collide', async () => {
  put('grey8.png', '\u00e9.png', 'e\u0301.png');
  expect(await problemsOf(listPairs(folder))).toContain('\u00e9.png: The name collides with e\u0301.png.');
});

test('a folder without pairs, a missing folder, a file for a folder', async () => {
  writeFileSync(join(folder, 'notes.txt'), '');
  expect(await problemsOf(readPairs(folder))).toEqual([': The folder holds no image with masks.']);
  const missing = await refusalOf(listPairs(join(folder, 'missing')));
  expect(missing.what).toMatch(/^The dataset cannot be read: ENOENT/);
  expect((await refusalOf(listPairs(join(folder, 'notes.txt')))).what).toBe(
    'The dataset is a file, and not a zip archive.',
  );
});
