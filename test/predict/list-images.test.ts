import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listImages } from '../../src/predict/list-images.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'list-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function make(...files: string[]) {
  for (const file of files) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), '');
  }
}

const namesOf = async (...paths: string[]) =>
  (await listImages(paths.map((at) => path.join(folder, at)))).map(({ name }) => name);

test('a folder means all images in it and below, by name; label images, hidden folders and other files are skipped', async () => {
  make('b.png', 'a.TIF', 'sub/c.jpeg', 'b_masks.png', '.cache/d.png', 'notes.txt');
  expect(await namesOf('.')).toEqual(['a', 'b', 'sub/c']);
});

test('files come in the order in which they are named, each once', async () => {
  make('b.png', 'a.png');
  expect(await namesOf('b.png', 'a.png', 'b.png', '.')).toEqual(['b', 'a']);
});

test('names that would collide are kept apart, also names that differ only in case', async () => {
  make('x.png', 'x.tif', 'other/x.png', 'other/X.jpg');
  expect(await namesOf('x.png', 'x.tif', 'other')).toEqual(['x', 'x.tif', 'X.jpg', 'x.png']);
});

test('links are not followed', async () => {
  make('real/a.png');
  symlinkSync(path.join(folder, 'real/a.png'), path.join(folder, 'link.png'));
  symlinkSync(path.join(folder, 'real'), path.join(folder, 'linked'));
  expect(await namesOf('.')).toEqual(['real/a']);
});

test('a missing path and a folder without images are errors', async () => {
  await expect(listImages([path.join(folder, 'none.png')])).rejects.toMatchObject({
    exitCode: 2,
    message: `There is no file or folder \`${path.join(folder, 'none.png')}\`.`,
    where: path.join(folder, 'none.png'),
  });
  await expect(listImages([folder])).rejects.toMatchObject({ exitCode: 2 });
});
