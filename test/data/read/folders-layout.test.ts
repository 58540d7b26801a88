import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodePng } from '../../../src/data/image/image-io.js';
import { openDataset } from '../../../src/data/read/dataset.js';
import { dataErrorOf } from '../expect-error.js';
import { readAll } from '../read-all.js';
import { drawingPng, writeFolder, zip, type Files } from '../write-dataset.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nucleate-folders-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const image = await drawingPng('123', '456');
const labels = await drawingPng('1.2', '1.2');
const left = await drawingPng('#..', '#..');
const right = await drawingPng('..#', '..#');

/** `id: nuclei` of each image. */
const counts = async (path: string) =>
  (await readAll(path)).map(({ id, instanceCount }) => `${id}: ${instanceCount}`);
const layoutOf = async (path: string) => {
  const dataset = await openDataset(path);
  await dataset.close();
  return dataset.layout;
};
/** `file: what` of each problem of the listing. */
const problemsOf = async (path: string) => {
  const dataset = await openDataset(path);
  await dataset.close();
  return dataset.problems.map(({ what, where }) => `${where?.slice(path.length + 1)}: ${what}`);
};

describe('label images in a folder beside the images', () => {
  test.each<{ name: string; files: Files; ids: string[] }>([
    {
      name: 'of the same name',
      files: { 'images/a.png': image, 'images/b.png': image, 'masks/a.png': labels, 'masks/b.png': labels },
      ids: ['a', 'b'],
    },
    { name: 'of a single image', files: { 'images/a.png': image, 'masks/a.png': labels }, ids: ['a'] },
    { name: 'called labels', files: { 'images/a.png': image, 'labels/a.png': labels }, ids: ['a'] },
    { name: 'in other words', files: { 'Img/a.png': image, 'Label/a.png': labels }, ids: ['a'] },
    { name: 'with an ending', files: { 'images/a.png': image, 'masks/a_masks.png': labels }, ids: ['a'] },
    { name: 'of X_img', files: { 'images/a_img.png': image, 'masks/a_masks.png': labels }, ids: ['a'] },
    { name: 'of a.ome.tif', files: { 'images/a.ome.png': image, 'masks/a.png': labels }, ids: ['a'] },
    { name: 'with another extension', files: { 'images/a.tif': image, 'masks/a.png': labels }, ids: ['a'] },
    {
      name: 'deep down, in several parts',
      files: {
        'd/train/images/a.png': image,
        'd/train/masks/a.png': labels,
        'd/val/images/a.png': image,
        'd/val/masks/a.png': labels,
      },
      ids: ['train/a', 'val/a'],
    },
    {
      name: 'in folders below',
      files: {
        'images/one/a.png': image,
        'images/two/a.png': image,
        'masks/one/a.png': labels,
        'masks/two/a.png': labels,
      },
      ids: ['one/a', 'two/a'],
    },
    { name: 'beside images without a folder', files: { 'a.png': image, 'masks/a.png': labels }, ids: ['a'] },
  ])('$name', async ({ files, ids }) => {
    const path = writeFolder(join(folder, 'dataset'), files);
    expect(await layoutOf(path)).toBe('folders');
    expect(await counts(path)).toEqual(ids.map((id) => `${id}: 2`));
    const archive = join(folder, 'dataset.zip');
    writeFileSync(archive, zip(files));
    expect(await counts(archive)).toEqual(ids.map((id) => `${id}: 2`));
  });

  test('a map of what is ignored or reviewed', async () => {
    const path = writeFolder(folder, {
      ...{ 'images/a.png': image, 'images/b.png': image, 'images/c.png': image, 'images/d.png': image },
      ...{ 'masks/a.png': labels, 'masks/b.png': labels, 'masks/c.png': labels, 'masks/d.png': labels },
      'ignore/a.png': left,
      'reviewed/b.png': left,
      'images/c_ignore.png': right,
    });
    const examples = await readAll(path);
    expect(examples.map(({ id, ignore }) => [id, ignore && [...ignore]])).toEqual([
      ['a', [1, 0, 0, 1, 0, 0]],
      ['b', [0, 1, 1, 0, 1, 1]],
      ['c', [0, 0, 1, 0, 0, 1]],
      ['d', undefined],
    ]);
  });

  test('what has no counterpart, or two, is named', async () => {
    const path = writeFolder(folder, {
      ...{ 'images/a.png': image, 'images/b.png': image, 'images/c.png': image },
      ...{ 'masks/a.png': labels, 'masks/b.png': labels, 'masks/b_masks.tif': labels, 'masks/z.png': labels },
      ...{ 'ignore/y.png': labels, 'reviewed/y.png': labels },
    });
    expect(await problemsOf(path)).toEqual([
      'masks/z.png: The masks have no image.',
      'ignore/y.png: The ignore map has no image.',
      'reviewed/y.png: The map of what is reviewed has no image.',
      'images/b.png: It is unclear which file is meant: masks/b.png or masks/b_masks.tif.',
      'images/c.png: The image has no masks.',
    ]);
  });

  test('masks that are not named after their images are one problem, with an example', async () => {
    const path = writeFolder(folder, {
      ...{ 'images/image_1.png': image, 'images/image_2.png': image },
      ...{ 'masks/mask_1.png': labels, 'masks/mask_2.png': labels },
    });
    expect(await problemsOf(path)).toEqual([
      'masks/mask_1.png: No mask is named after an image: there are images/image_1.png and masks/mask_1.png.',
    ]);
  });

  test('masks and labels together, or a pair beside a folder, are ambiguous', async () => {
    const both = { 'images/a.png': image, 'masks/a.png': labels, 'labels/a.png': labels };
    expect((await dataErrorOf(openDataset(writeFolder(join(folder, 'both'), both)))).what).toBe(
      'It is unclear which masks to use: those of labels/a.png or those of masks/a.png.',
    );
    const pair = { 'images/a.png': image, 'masks/a.png': labels, 'images/a_masks.png': labels };
    expect((await dataErrorOf(openDataset(writeFolder(join(folder, 'pair'), pair)))).what).toBe(
      'It is unclear which masks to use: those of masks/a.png or those of images/a_masks.png.',
    );
  });
});

describe('a folder of masks for each image', () => {
  test('of which an empty one means no nuclei', async () => {
    const path = writeFolder(folder, {
      ...{ 'images/a.png': image, 'images/b.png': image },
      ...{ 'masks/a/1.png': left, 'masks/a/2.png': right },
    });
    mkdirSync(join(path, 'masks/b'));
    expect(await layoutOf(path)).toBe('folders');
    expect(await counts(path)).toEqual(['a: 2', 'b: 0']);
  });

  test('and a label image beside it are two for one image', async () => {
    const path = writeFolder(folder, {
      ...{ 'images/a.png': image, 'images/b.png': image, 'masks/b.png': labels },
      ...{ 'masks/a.png': labels, 'masks/a/1.png': left },
    });
    expect(await problemsOf(path)).toEqual([
      'images/a.png: It is unclear which file is meant: masks/a.png or masks/a/1.png.',
    ]);
  });
});

describe('the layout of the challenge', () => {
  test('is kept where the masks have other names than the image', async () => {
    const path = writeFolder(folder, {
      ...{ 'a/images/a.png': image, 'a/masks/1.png': left, 'a/masks/2.png': right },
      ...{ 'b/images/b.png': image, 'b/masks/b.png': left, 'c/images/c.png': image },
    });
    mkdirSync(join(path, 'c/masks'));
    writeFileSync(join(path, 'c/masks/.DS_Store'), '');
    expect(await layoutOf(path)).toBe('challenge');
    expect(await counts(path)).toEqual(['a: 2', 'b: 1', 'c: 0']);
  });

  test('an image without a folder of masks has no nuclei if there is nothing to see, else it is an error', async () => {
    /** 64 x 64 px of noise from 3 to 8, and a bright square of 16 px if there is one. */
    const field = (square: number) =>
      encodePng({
        ...{ width: 64, height: 64, channels: 1 },
        data: Uint8Array.from({ length: 64 * 64 }, (_, at) =>
          at % 64 < square && at < 64 * square ? 60 : 3 + ((at * 7919 + Math.floor(at / 64) * 104729) % 6),
        ),
      });
    const files = { 'a/images/a.png': image, 'a/masks/1.png': left };
    const empty = writeFolder(join(folder, 'empty'), { ...files, 'b/images/b.png': await field(0) });
    expect(await counts(empty)).toEqual(['a: 1', 'b: 0']);
    const full = writeFolder(join(folder, 'full'), { ...files, 'b/images/b.png': await field(16) });
    expect(await dataErrorOf(readAll(full))).toMatchObject({
      what: 'The image has no masks.',
      where: join(full, 'b/images/b.png'),
    });
  });
});

describe('pairs', () => {
  test.each(['_masks', '_labels', '_label', '_mask', '_seg', '_cp_masks'])('X and X%s', async (ending) => {
    const files = { 'X.png': image, [`X${ending}.png`]: labels, 'Y.jpg': image, [`Y${ending}.tif`]: labels };
    expect(await counts(writeFolder(folder, files))).toEqual(['X: 2', 'Y: 2']);
  });

  test('X_img and X_masks; an image may be called X_label; a JPEG beside its image is left out', async () => {
    const path = writeFolder(folder, {
      ...{ 'one_img.png': image, 'one_masks.png': labels },
      ...{ 'two_label.png': image, 'two_label_masks.png': labels, 'two_label.jpg': 'a picture of it' },
    });
    expect(await counts(path)).toEqual(['one: 2', 'two_label: 2']);
  });

  test('two label images of one image, and two images of one name, are named', async () => {
    const path = writeFolder(folder, {
      ...{ 'a.png': image, 'a_masks.png': labels, 'a_seg.png': labels },
      ...{ 'b.png': image, 'b_img.png': image, 'b_masks.png': labels },
    });
    expect(await problemsOf(path)).toEqual([
      'b_img.png: The name clashes with b.png: names must differ in more than case and accents.',
      'a.png: It is unclear which file is meant: a_masks.png or a_seg.png.',
      'b.png: The image has no masks.',
    ]);
  });
});
