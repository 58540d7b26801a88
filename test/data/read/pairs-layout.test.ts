import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataset } from '../../../src/data/read/dataset.js';
import { problemsOf } from '../../../src/data/read/problems.js';
import type { NucleateError, Problem } from '../../../src/errors.js';
import { dataErrorOf } from '../expect-error.js';
import { readAll } from '../read-all.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nucleate-label-images-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Puts a fixture image (3 x 2 px, unless it says otherwise) into the folder under each name. */
function put(fixture: string, ...names: string[]): void {
  for (const name of names)
    cpSync(join(import.meta.dirname, '../../fixtures/images', fixture), join(folder, name));
}

const lines = (problems: readonly Problem[]) =>
  problems.map(({ what, where }) => `${where?.slice(folder.length + 1)}: ${what}`);

/** The problems of the listing, and those of each image. */
async function allProblems(): Promise<{ listed: string[]; read: string[] }> {
  const dataset = await openDataset(folder);
  const read: Problem[] = [];
  for (const entry of dataset.images) {
    await entry.read().catch((error: NucleateError) => read.push(...problemsOf(error)));
  }
  await dataset.close();
  return { listed: lines(dataset.problems), read: lines(read) };
}

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
  const dataset = await openDataset(folder);
  // Code units: B < a < b < é, and "a" before "a-1"; a locale would give a, a-1, b, B2, é.
  expect(dataset.images.map(({ id }) => id)).toEqual(['B2', 'a', 'a-1', 'b', 'é']);
  expect(dataset.images[0]!.place).toBe(join(folder, 'B2.PNG'));
  expect(dataset.problems).toEqual([]);
  await dataset.close();
});

test('an example holds the image and its labels as 1..n', async () => {
  put('rgb8.png', 'x.png');
  put('grey16.png', 'x_masks.png');
  const [example, ...others] = await readAll(folder);
  expect(others).toEqual([]);
  expect(example).toMatchObject({ id: 'x', instanceCount: 5, image: { width: 3, height: 2, channels: 3 } });
  // 0, 1, 255, 256, 40000, 65535
  expect(example!.labelImage).toEqual({ width: 3, height: 2, labels: Int32Array.of(0, 1, 2, 3, 4, 5) });
});

test('every problem is reported at once', async () => {
  put('grey8.png', 'good.png', 'good_masks.png', 'lonely.png', 'orphan_masks.png', 'large_masks.png');
  put('grey8.png', 'twice.png', 'TWICE.tif', 'twice_masks.png', 'broken_masks.png', 'coloured.png');
  put('flat.jpg', 'large.png'); // 8 x 8 px
  put('truncated.png', 'broken.png');
  put('rgb8.png', 'coloured_masks.png');
  symlinkSync(join(folder, 'good.png'), join(folder, 'link.png'));
  const { listed, read } = await allProblems();
  expect(listed).toEqual([
    'link.png: Links are not followed.',
    'twice.png: The name clashes with TWICE.tif: names must differ in more than case and accents.',
    'orphan_masks.png: The masks have no image.',
    'TWICE.tif: The image has no masks.',
    'lonely.png: The image has no masks.',
  ]);
  expect(read).toEqual([
    'broken.png: The image is damaged: its header can be read, but its pixels cannot.',
    'coloured_masks.png: The labels are colours: the three channels differ.',
    'large_masks.png: The masks have 3 x 2 pixels, but the image has 8 x 8.',
  ]);
  const error = await dataErrorOf(readAll(folder));
  expect(error).toMatchObject({ what: 'The dataset has 5 problems.', where: folder });
  expect(lines(error.problems)).toEqual(listed);
});

test('names that differ only in how an accent is encoded clash', async () => {
  put('grey8.png', '\u00e9.png', 'e\u0301.png', 'x_masks.png');
  expect((await allProblems()).listed).toContain(
    '\u00e9.png: The name clashes with e\u0301.png: names must differ in more than case and accents.',
  );
});

test('an empty folder, one without pairs, a missing folder, a file for a folder', async () => {
  expect((await dataErrorOf(readAll(folder))).what).toBe('The folder is empty.');
  writeFileSync(join(folder, 'notes.txt'), '');
  expect((await dataErrorOf(readAll(folder))).what).toMatch(/^No masks were found among 1 file \(/);
  const missing = await dataErrorOf(readAll(join(folder, 'missing')));
  expect(missing.what).toMatch(/^There is no file or folder `/);
  expect((await dataErrorOf(readAll(join(folder, 'notes.txt')))).what).toBe(
    'The dataset is a file, but neither a zip archive nor a prepared dataset.',
  );
});
