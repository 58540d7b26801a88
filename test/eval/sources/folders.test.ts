import { execFileSync } from 'node:child_process';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sourceKinds } from '../../../src/eval/sources/kinds.js';
import { openPrediction, openTruth } from '../../../src/eval/sources/open.js';
import { dataErrorOf } from '../../data/expect-error.js';
import { drawing, narrow } from '../../reference/draw.js';
import { temporaryFolder } from './temporary-folder.js';

const image = narrow(drawing('11.', '.22'));
const size = { width: 3, height: 2 };
const fixture = (name: string) => join(import.meta.dirname, '../../fixtures/images', name);

test('one label image is no set of predictions', async () => {
  const folder = temporaryFolder();
  await folder.labels('a.png', image);
  const error = await dataErrorOf(openPrediction(join(folder.path, 'a.png')));
  expect(error).toMatchObject({ what: 'This is one file, but neither annotations nor a dataset.' });
});

describe('label images', () => {
  test.each([
    { names: ['b.png', 'a-1.png', 'a.png'], ids: ['a', 'a-1', 'b'] },
    { names: ['a_masks.png', 'b_masks.png'], ids: ['a', 'b'] },
    { names: ['a_cp_masks.png'], ids: ['a'] },
    { names: ['a_labels.png'], ids: ['a'] },
    { names: ['a_mask.png', 'b_seg.png'], ids: ['a', 'b'] },
    { names: ['a.png', 'a_masks.png', 'b.png', 'b_labels.png'], ids: ['a', 'b'] },
  ])('$names are $ids', async ({ names, ids }) => {
    const folder = temporaryFolder();
    for (const name of names) await folder.labels(name, image);
    folder.text('notes.txt', '');
    folder.text('.hidden.png', '');
    const source = await openPrediction(folder.path);
    expect(source).toMatchObject({ kind: 'label images', ids });
    expect(await source.read(ids[0]!, size)).toEqual({
      labelImage: image,
      withoutPixels: 0,
      overlapPixels: 0,
    });
  });

  test('beside an image the label image is read, not the image', async () => {
    const folder = temporaryFolder();
    await folder.mask('a.png', size, [0]);
    await folder.labels('a_labels.png', image);
    expect((await (await openPrediction(folder.path)).read('a', size)).labelImage).toEqual(image);
  });

  test('two for one image, none at all, and a link are errors', async () => {
    const twice = temporaryFolder();
    await twice.labels('a_masks.png', image);
    await twice.labels('a_labels.png', image);
    expect((await dataErrorOf(openPrediction(twice.path))).problems[0]!.what).toMatch(
      /^The image a has another label image, .*a_labels\.png\.$/u,
    );
    const none = temporaryFolder();
    expect((await dataErrorOf(openPrediction(none.path))).what).toBe('The folder holds no label images.');
    const linked = temporaryFolder();
    await linked.labels('a.png', image);
    symlinkSync(join(linked.path, 'a.png'), join(linked.path, 'b.png'));
    expect((await dataErrorOf(openPrediction(linked.path))).problems).toMatchObject([
      { what: 'Links are not followed.' },
    ]);
    execFileSync('mkfifo', [join(linked.path, 'c.png')]);
    expect((await dataErrorOf(openPrediction(linked.path))).problems[1]).toMatchObject({
      what: 'This is a named pipe, not a file.',
    });
  });

  test('of another size are an error', async () => {
    const folder = temporaryFolder();
    await folder.labels('a.png', image);
    const source = await openPrediction(folder.path);
    expect(await dataErrorOf(source.read('a', { width: 2, height: 3 }))).toMatchObject({
      what: 'The prediction has 3 x 2 pixels and the truth 2 x 3.',
      where: join(folder.path, 'a.png'),
    });
  });

  test('as whole floating-point numbers are read; as colours and as JPEG they are errors', async () => {
    const folder = temporaryFolder();
    for (const [name, file] of [
      ['float.tif', 'float32.tif'],
      ['colour.png', 'rgb8.png'],
      ['jpeg.png', 'flat.jpg'],
    ] as const) {
      cpSync(fixture(file), join(folder.path, name));
    }
    const source = await openPrediction(folder.path);
    expect((await source.read('float', size)).labelImage.labels).toEqual(
      Uint16Array.of(0, 1, 255, 256, 40000, 65535),
    );
    expect((await dataErrorOf(source.read('colour', size))).what).toMatch(/^The labels are colours/u);
    expect((await dataErrorOf(source.read('jpeg', size))).what).toMatch(/^A JPEG cannot hold labels/u);
  });

  test('with labels above 65535 are read from 32-bit TIFF, up to 2^31 - 1', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder.path, 'a.tif'), uint32Tiff([0, 1, 70000, 70000, 2, 0]));
    writeFileSync(join(folder.path, 'b.tif'), uint32Tiff([0, 1, 2 ** 31, 0, 0, 0]));
    const source = await openPrediction(folder.path);
    expect((await source.read('a', size)).labelImage.labels).toEqual(Int32Array.of(0, 1, 70000, 70000, 2, 0));
    expect((await dataErrorOf(source.read('b', size))).what).toBe('The image has a label above 2147483647.');
  });

  /** An uncompressed TIFF of 3 x 2 px with 32 bits a pixel (TIFF 6.0, sections 2 to 4). */
  function uint32Tiff(values: number[]): Buffer {
    const entries = [
      [256, 3],
      [257, 2],
      [258, 32],
      [259, 1],
      [262, 1],
      [273, 8],
      [277, 1],
      [278, 2],
      [279, 24],
      [339, 1],
    ] as const;
    const file = Buffer.alloc(8 + 24 + 2 + 12 * entries.length + 4);
    file.write('II', 'latin1');
    file.writeUInt16LE(42, 2);
    file.writeUInt32LE(32, 4);
    values.forEach((value, index) => file.writeUInt32LE(value, 8 + 4 * index));
    file.writeUInt16LE(entries.length, 32);
    entries.forEach(([tag, value], index) => {
      const at = 34 + 12 * index;
      file.writeUInt16LE(tag, at);
      file.writeUInt16LE(4, at + 2); // LONG
      file.writeUInt32LE(1, at + 4);
      file.writeUInt32LE(value, at + 8);
    });
    return file;
  }
});

describe('mask folders', () => {
  test('the mask whose name comes first keeps a pixel; an empty folder is an image without nuclei', async () => {
    const folder = temporaryFolder();
    await folder.mask('x/masks/b.png', size, [1, 2]);
    await folder.mask('x/masks/a.png', size, [0, 1]);
    await folder.mask('x/masks/c.png', size, []);
    folder.folder('y/masks');
    folder.folder('z');
    const source = await openPrediction(folder.path);
    expect(source).toMatchObject({ kind: 'mask folders', ids: ['x', 'y'] });
    expect(await source.read('x', size)).toEqual({
      labelImage: drawing('112', '...'),
      withoutPixels: 1,
      overlapPixels: 1,
    });
    expect((await source.read('y', size)).labelImage).toEqual(drawing('...', '...'));
  });

  test('with label images or other sizes in them are errors', async () => {
    const folder = temporaryFolder();
    await folder.labels('x/masks/a.png', image);
    await folder.mask('y/masks/a.png', { width: 2, height: 2 }, [0]);
    const source = await openPrediction(folder.path);
    expect((await dataErrorOf(source.read('x', size))).what).toBe(
      'A mask has two values, 0 and another; this one has more.',
    );
    expect((await dataErrorOf(source.read('y', size))).what).toBe(
      'The prediction has 2 x 2 pixels and the truth 3 x 2.',
    );
  });
});

test('the first kind that recognises a path opens it, before the listed ones', async () => {
  const folder = temporaryFolder();
  await folder.labels('a.png', image);
  const opened = await openPrediction(folder.path);
  const own = { ...opened, kind: 'my own' };
  const kind = (recognised: boolean) => ({
    words: 'own',
    load: () => Promise.resolve({ recognise: () => recognised, open: () => Promise.resolve(own) }),
  });
  expect((await openPrediction(folder.path, [kind(true), ...sourceKinds])).kind).toBe('my own');
  expect((await openPrediction(folder.path, [kind(false), ...sourceKinds])).kind).toBe('label images');
  await expect(openPrediction(folder.path, [kind(false)])).rejects.toThrow('neither annotations nor');
});

describe('truth', () => {
  test('as pairs, and as label images without images', async () => {
    const folder = temporaryFolder();
    await folder.labels('a_masks.png', image);
    const alone = await openTruth(folder.path);
    expect(alone).toMatchObject({ kind: 'label images', ids: ['a'] });
    folder.text('measured.csv', 'id,area\n1,3\n');
    expect(await openTruth(folder.path)).toMatchObject({ kind: 'label images' });
    expect(await alone.readImage('a')).toBeNull();
    await folder.mask('a.png', size, [5]);
    const pairs = await openTruth(folder.path);
    expect(pairs).toMatchObject({ kind: 'images with label images', ids: ['a'] });
    expect((await pairs.readImage('a'))!.data[5]).toBe(255);
    for (const truth of [alone, pairs]) expect(narrow((await truth.read('a')).labelImage)).toEqual(image);
  });

  test('has an identity that depends on names and contents, not on the path', async () => {
    const [one, other] = [temporaryFolder(), temporaryFolder()];
    for (const folder of [one, other]) {
      await folder.labels('a.png', image);
      await folder.labels('b.png', drawing('1..', '...'));
    }
    const hashOf = async ({ path }: { path: string }) => (await openTruth(path)).identity();
    const hash = await hashOf(one);
    expect(hash).toMatch(/^[0-9a-f]{64}$/u);
    expect(await hashOf(other)).toBe(hash);
    await other.labels('b.png', drawing('2..', '...'));
    expect(await hashOf(other)).not.toBe(hash);
    await one.labels('c.png', image);
    expect(await hashOf(one)).not.toBe(hash);
  });
});
