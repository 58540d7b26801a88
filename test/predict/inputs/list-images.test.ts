import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readImage, writeDrawing, writeImage } from '../../../src/data/image/image-io.js';
import type { Image } from '../../../src/data/image/image.js';
import { openDataset } from '../../../src/data/read/dataset.js';
import { prepareDataset } from '../../../src/data/read/prepared-layout.js';
import { leftOutLine } from '../../../src/predict/inputs/left-out.js';
import { listImages } from '../../../src/predict/inputs/list-images.js';
import { hashListed, type ListedImage, readListed } from '../../../src/predict/inputs/listed-image.js';

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

const link = (target: string, name: string) =>
  symlinkSync(path.isAbsolute(target) ? target : path.join(folder, target), path.join(folder, name));

/** The names, and the sentence with paths below the folder. */
async function listed(...paths: string[]) {
  const { images, leftOut, close } = await listImages(paths.map((at) => path.join(folder, at)));
  await close();
  return {
    names: images.map(({ name }) => name),
    left: leftOutLine(leftOut).replaceAll(`${folder}${path.sep}`, ''),
  };
}

const namesOf = async (...paths: string[]) => (await listed(...paths)).names;

async function firstOf(listed: ListedImage) {
  for await (const image of readListed(listed, {})) return image;
  throw new RangeError('Expected an image');
}

test('a folder means all images in it and below, by name; what is left out is told', async () => {
  make(
    'b.png',
    'a.TIF',
    'sub/c.jpeg',
    'b_masks.png',
    '.cache/d.png',
    '.h.png',
    '._b.png',
    '.DS_Store',
    'e.czi',
    'sub/f.ND2',
    'sub/g.nd2',
    'README',
  );
  expect(await listed('.')).toEqual({
    names: ['a', 'b', 'sub/c'],
    left: 'left out: 4 files of other kinds (.nd2, without ending, .czi), 1 label image (b_masks.png), 2 hidden files and folders (.cache, .h.png)',
  });
});

test('drawings of nucleate are results, wherever they are', async () => {
  const image: Image = { width: 2, height: 1, channels: 1, data: Uint8Array.of(3, 9) };
  const at = (name: string) => path.join(folder, name);
  await writeImage(at('a.png'), image);
  await writeDrawing(at('figure.png'), image);
  const left = 'left out: 1 result of nucleate (figure.png)';
  expect(await listed('.')).toEqual({ names: ['a'], left });
  expect(await listed('a.png', 'figure.png')).toEqual({ names: ['a'], left });
  await expect(listed('figure.png')).rejects.toThrow('There is no PNG, TIFF or JPEG image here.');
  // The mark changes no pixel.
  expect(await readImage(at('figure.png'))).toEqual(await readImage(at('a.png')));
});

test('files come in the order in which they are named, each once', async () => {
  make('b.png', 'a.png');
  expect(await namesOf('b.png', 'a.png', 'b.png', '.')).toEqual(['b', 'a']);
});

test('names that would collide are kept apart, also names that differ only in case', async () => {
  make('x.png', 'x.tif', 'other/x.png', 'other/X.jpg');
  expect(await namesOf('x.png', 'x.tif', 'other')).toEqual(['x', 'x.tif', 'X.jpg', 'x.png']);
});

test('links to files and folders are followed', async () => {
  const elsewhere = mkdtempSync(path.join(tmpdir(), 'list-'));
  try {
    mkdirSync(path.join(elsewhere, 'sub'));
    writeFileSync(path.join(elsewhere, 'sub/a.png'), '');
    writeFileSync(path.join(elsewhere, 'stored-0815'), '');
    writeFileSync(path.join(elsewhere, 'b.png'), '');
    link(path.join(elsewhere, 'sub'), 'linked');
    link(path.join(elsewhere, 'b.png'), 'link.png');
    // The link's name says what it is: data-management tools store contents under hashes.
    link(path.join(elsewhere, 'stored-0815'), 'c.tif');
    expect(await listed('.')).toEqual({ names: ['c', 'link', 'linked/a'], left: '' });
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
});

test('loops of links end, and an image that is reached twice counts once, under its own name', async () => {
  make('real/a.png');
  link('.', 'a-loop');
  link('real', 'a-folder');
  link('real/a.png', 'a-link.png');
  link('around-2', 'around-1');
  link('around-1', 'around-2');
  expect(await listed('.')).toEqual({
    names: ['real/a'],
    left: 'left out: 2 broken links (around-1, around-2), 3 links to what is here already (a-folder, a-link.png, a-loop)',
  });
});

test('a link that leads nowhere is named, and an error where it is all that is named', async () => {
  make('a.png');
  link('gone.png', 'b.png');
  expect((await listed('.')).left).toBe('left out: 1 broken link (b.png)');
  await expect(listImages([path.join(folder, 'b.png')])).rejects.toMatchObject({
    exitCode: 2,
    where: path.join(folder, 'b.png'),
  });
});

test('names that are not UTF-8 are told with what helps, and those that only look so are read', async () => {
  make('caf\u00e9.png');
  make('caf\ufffd-real.png');
  const named = (name: string) => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')]);
  writeFileSync(named('caf\u00e9.png'), '');
  mkdirSync(named('d\u00e9'));
  const { names, left } = await listed('.');
  expect(names).toEqual(['caf\u00e9', 'caf\ufffd-real']);
  expect(left).toBe('left out: 2 names that are not UTF-8: rename them (caf\ufffd.png, d\ufffd)');
});

test('pipes in a folder are told and never opened', async () => {
  make('a.png');
  execFileSync('mkfifo', [path.join(folder, 'pipe.png')]);
  link('pipe.png', 'link.png');
  expect(await listed('.')).toEqual({
    names: ['a'],
    left: 'left out: 2 pipes, sockets or devices (pipe.png, link.png)',
  });
  await expect(listImages([path.join(folder, 'pipe.png')])).rejects.toMatchObject({ exitCode: 2 });
});

test('files and folders without permission are told', async () => {
  make('a.png', 'b.png', 'sub/c.png');
  chmodSync(folder, 0o755);
  chmodSync(path.join(folder, 'b.png'), 0o200);
  chmodSync(path.join(folder, 'sub'), 0o300);
  const isRoot = process.geteuid!() === 0;
  // Root may read everything, so it becomes nobody.
  if (isRoot) process.seteuid!(65534);
  try {
    expect(await listed('.')).toEqual({ names: ['a'], left: 'left out: 2 unreadable (b.png, sub)' });
  } finally {
    if (isRoot) process.seteuid!(0);
    chmodSync(path.join(folder, 'sub'), 0o700);
  }
});

test('label images beside their images are left out, also when wildcards of the shell name them', async () => {
  make('x.tif', 'x_seg.png', 'x_ignore.png', 'y.jpg', 'y_labels.tif', 'y_mask.png', 'alone_mask.png');
  const left = 'left out: 4 label images (x_ignore.png, x_seg.png, y_labels.tif, y_mask.png)';
  expect(await listed('.')).toEqual({ names: ['alone_mask', 'x', 'y'], left });
  const globbed = [
    'x.tif',
    'x_ignore.png',
    'x_seg.png',
    'y.jpg',
    'y_labels.tif',
    'y_mask.png',
    'alone_mask.png',
  ];
  expect(await listed(...globbed)).toEqual({ names: ['x', 'y', 'alone_mask'], left });
  expect(await listed('x_seg.png')).toEqual({ names: ['x_seg'], left: '' });
});

test('a file of another kind that is named by hand stays, so that reading it tells what is wrong with it', async () => {
  make('a.png', 'b.czi');
  expect(await listed('a.png', 'b.czi')).toEqual({ names: ['a', 'b'], left: '' });
});

test('a missing path and a folder without images are errors', async () => {
  make('a.czi');
  await expect(listImages([path.join(folder, 'none.png')])).rejects.toMatchObject({
    exitCode: 2,
    message: `There is no file or folder \`${path.join(folder, 'none.png')}\`.`,
    where: path.join(folder, 'none.png'),
  });
  await expect(listImages([folder])).rejects.toMatchObject({
    exitCode: 2,
    hint: 'Name image files or folders; left out: 1 file of another kind (.czi).',
  });
});

/** Two images in the layout of the challenge, below `set`. */
async function makeChallenge() {
  const mask: Image = {
    width: 256,
    height: 256,
    channels: 1,
    data: new Uint8Array(65536).fill(255, 256, 2560),
  };
  const images = ['a-5afb7932', 'd-3594684b'];
  for (const id of images) {
    mkdirSync(path.join(folder, 'set', id, 'images'), { recursive: true });
    mkdirSync(path.join(folder, 'set', id, 'masks'));
    copyFileSync(`examples/dsb2018-mini/${id}.png`, path.join(folder, 'set', id, 'images', `${id}.png`));
    await writeImage(path.join(folder, 'set', id, 'masks', '0.png'), mask);
  }
  return images;
}

test('of a dataset in the layout of the challenge, only images are listed, by their ids', async () => {
  const ids = await makeChallenge();
  expect(await listed('set')).toEqual({
    names: ids,
    left: `left out: 2 files in folders of masks (${ids.map((id) => `set/${id}/masks/0.png`).join(', ')})`,
  });
});

test('of images with masks or labels in a folder beside them, only images are listed', async () => {
  make('one/images/a.png', 'one/masks/a.png', 'two/images/b.png', 'two/labels/b.png', 'three/labels/c.png');
  make('four/d.tif', 'four/seg/d.png', 'five/e_img.png', 'five/e_mask.png');
  // Without images beside it, a folder called labels is like any other.
  const { images } = await listImages([folder]);
  const files = [
    'five/e_img.png',
    'four/d.tif',
    'one/images/a.png',
    'three/labels/c.png',
    'two/images/b.png',
  ];
  expect(images.map(({ file }) => file)).toEqual(files.map((file) => path.join(folder, file)));
});

test(
  'zip archives and prepared datasets give the same images as their folder',
  { timeout: 30_000 },
  async () => {
    const ids = await makeChallenge();
    execFileSync('python3', ['-m', 'zipfile', '-c', 'set.zip', 'set'], { cwd: folder });
    const dataset = await openDataset(path.join(folder, 'set'));
    await prepareDataset(dataset, path.join(folder, 'set.prepared'));
    await dataset.close();
    const inFolder = await listImages([path.join(folder, 'set')]);
    const pixels = await Promise.all(inFolder.images.map(firstOf));
    const hashes = await Promise.all(inFolder.images.map(hashListed));
    for (const file of ['set.zip', 'set.prepared']) {
      const { images, close } = await listImages([path.join(folder, file)]);
      expect(images.map(({ name, id }) => [name, id])).toEqual(ids.map((id) => [id, id]));
      expect(await Promise.all(images.map(firstOf))).toEqual(pixels);
      const own = await Promise.all(images.map(hashListed));
      // A prepared file has pixels only, so their hash is another one.
      if (file === 'set.zip') expect(own).toEqual(hashes);
      expect(new Set(own).size).toBe(2);
      await close();
    }
  },
);

test('of a zip archive without masks, the images are listed by their paths', async () => {
  make('in/a.png', 'in/sub/b.tif', 'in/notes.txt');
  execFileSync('python3', ['-m', 'zipfile', '-c', 'in.zip', 'in'], { cwd: folder });
  expect(await listed('in.zip')).toEqual({
    names: ['a', 'sub/b'],
    left: 'left out: 1 file of another kind (.txt)',
  });
});

test('of a dataset of pairs, ids are those of the dataset', async () => {
  cpSync('examples/dsb2018-mini', path.join(folder, 'mini'), { recursive: true });
  const dataset = await openDataset(path.join(folder, 'mini'));
  await dataset.close();
  expect(await namesOf('mini')).toEqual(dataset.images.map(({ id }) => id));
});
