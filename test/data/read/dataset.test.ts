import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDataset, readDataset } from '../../../src/data/read/dataset.js';
import { openFileTree } from '../../../src/data/files/open-files.js';
import { prepareDataset } from '../../../src/data/read/prepared-layout.js';
import { dataErrorOf } from '../expect-error.js';
import { readAll } from '../read-all.js';
import { drawing, drawingPng, writeFolder, zip, type Files, type ZipChanges } from '../write-dataset.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nucleate-dataset-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const archive = (files: Files, changes?: ZipChanges): string => {
  const path = join(folder, 'data.zip');
  writeFileSync(path, zip(files, changes));
  return path;
};

async function identityOf(path: string): Promise<string> {
  const dataset = await openDataset(path);
  try {
    return await dataset.identity();
  } finally {
    await dataset.close();
  }
}

const image = await drawingPng('123', '456');
const challenge: Files = {
  'two/images/two.png': image,
  // In name order a comes first and keeps the pixel in the middle.
  'two/masks/b.png': await drawingPng('.##', '...'),
  'two/masks/a.png': await drawingPng('##.', '...'),
  'two/masks/empty.png': await drawingPng('...', '...'),
  'one/images/one.png': image,
  'one/masks/a.png': await drawingPng('...', '.##'),
};

describe('the layout of the Data Science Bowl', () => {
  test('from a folder: ids in order, masks in name order, the first keeps shared pixels, empty ones are dropped', async () => {
    const examples = await readAll(writeFolder(folder, challenge));
    expect(examples.map(({ id, origin, instanceCount }) => [id, origin, instanceCount])).toEqual([
      ['one', 'one/images/one.png', 1],
      ['two', 'two/images/two.png', 2],
    ]);
    expect(examples[1]!.image).toEqual({ ...drawing(['123', '456']) });
    expect(examples[1]!.labelImage).toEqual({ width: 3, height: 2, labels: Int32Array.of(1, 1, 2, 0, 0, 0) });
  });

  test('from a zip archive, at any depth and beside clutter: the same examples and identity', async () => {
    const nested = Object.entries(challenge).map(([path, bytes]) => [`stage1/train/${path}`, bytes] as const);
    const clutter = { '__MACOSX/stage1/._x.png': 'x', '.DS_Store': 'x', 'README.md': 'read me' };
    const besideMasks = { 'stage1/train/one/masks/._a.png': 'x', '__MACOSX/one/masks/a.png': 'x' };
    const zipped = archive({ ...Object.fromEntries(nested), ...clutter, ...besideMasks });
    const plain = writeFolder(join(folder, 'plain'), challenge);
    const [fromZip, fromFolder] = [await readAll(zipped), await readAll(plain)];
    expect(fromZip.map(({ origin: _, ...rest }) => rest)).toEqual(
      fromFolder.map(({ origin: _, ...rest }) => rest),
    );
    expect(await identityOf(zipped)).toBe(await identityOf(plain));
  });

  test('from an uncompressed zip of the same tree: the same origin, too', async () => {
    const plain = writeFolder(join(folder, 'plain'), challenge);
    expect(await readAll(archive(challenge, { method: 0 }))).toEqual(await readAll(plain));
  });

  test('the identity is the SHA-256 of what sha256sum prints', async () => {
    // (cd folder && find . -type f | sed 's,^./,,' | LC_ALL=C sort | xargs sha256sum | sha256sum)
    const path = writeFolder(folder, {
      'x/images/x.png': 'an image',
      'x/masks/m.png': 'a mask',
      'notes.txt': '',
    });
    expect(await identityOf(path)).toBe('8869b0da4b1895eb67cadeaf220f22f59cd5878b3f9dceb85f64f44a333bc9ce');
    writeFolder(folder, { 'x/masks/m.png': 'another' });
    expect(await identityOf(path)).not.toBe(
      '8869b0da4b1895eb67cadeaf220f22f59cd5878b3f9dceb85f64f44a333bc9ce',
    );
  });

  test('every problem of the listing at once', async () => {
    const path = writeFolder(folder, {
      'no-image/masks/m.png': image,
      'several/images/x.png': image,
      'several/images/y.png': image,
      'several/masks/m.png': image,
      'deep/Twin/images/x.png': image,
      'deep/Twin/masks/m.png': image,
      'twin/images/x.png': image,
      'twin/masks/m.png': image,
    });
    symlinkSync('/etc/passwd', join(path, 'link.png'));
    execFileSync('mkfifo', [join(path, 'pipe.png')]);
    const { problems } = await dataErrorOf(readAll(path));
    expect(problems.map(({ what, where }) => `${where?.slice(folder.length + 1)}: ${what}`)).toEqual([
      'link.png: Links are not followed.',
      'pipe.png: This is a named pipe, not a file.',
      'no-image/masks/m.png: The masks have no image.',
      'several/images/x.png: The folder images has 2 images.',
      'twin/images/x.png: The name clashes with deep/Twin/images/x.png: names must differ in more than case and accents.',
    ]);
  });

  test('every problem of an image at once', async () => {
    const path = writeFolder(folder, {
      'x/images/x.png': image,
      'x/masks/1.png': 'no image',
      'x/masks/2.png': '',
      'x/masks/3.png': await drawingPng('#'),
    });
    const { problems } = await dataErrorOf(readAll(path));
    expect(problems.map(({ what }) => what)).toEqual([
      'The file is not a PNG, TIFF or JPEG image, or is damaged.',
      'The file is empty (0 bytes).',
    ]);
    const sized = writeFolder(join(folder, 'sized'), {
      'x/images/x.png': image,
      'x/masks/3.png': await drawingPng('#'),
    });
    const { what, where } = await dataErrorOf(readAll(sized));
    expect([what, where]).toEqual([
      'The masks have 1 x 1 pixels, but the image has 3 x 2.',
      join(sized, 'x/masks/3.png'),
    ]);
  });
});

describe('images with run lengths', () => {
  test('two tables of one image', async () => {
    const line = 'ImageId,EncodedPixels\na,1 1\n';
    const { problems } = await dataErrorOf(
      readAll(archive({ 'a.png': image, '1.csv': line, '2.csv': line })),
    );
    expect(problems.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^There are annotations of a\.png here and in .*!\/1\.csv:2:3\.$/u),
    ]);
  });

  const files = { 'b/images/b.png': image, 'a.png': image };
  const table = 'ImageId,EncodedPixels,Height,Width\nb,3 2,2,3\nb,1 1,2,3\na,,2,3\n';

  test('a CSV among the images, and elsewhere', async () => {
    const inside = await readAll(archive({ ...files, 'labels.csv': table, 'sample.csv': 'name,x\n' }));
    expect(inside.map(({ id, instanceCount }) => [id, instanceCount])).toEqual([
      ['a', 0],
      ['b', 2],
    ]);
    // 3 2: the second column; 1 1: the top left.
    expect([...inside[1]!.labelImage.labels]).toEqual([2, 1, 0, 0, 1, 0]);
    const labels = join(folder, 'labels.csv');
    writeFileSync(labels, table);
    expect(await readAll(archive(files), { labels })).toEqual(inside);
  });

  test('every problem, with line and column', async () => {
    const path = writeFolder(folder, {
      ...files,
      'c.png': image,
      'labels.csv': 'ImageId,EncodedPixels\nb,1 2 3\n\na,6 1\nghost,1 1\n',
    });
    const { problems } = await dataErrorOf(readAll(path));
    const place = join(path, 'labels.csv');
    expect(problems.map(({ what, where }) => [what, where])).toEqual([
      ['The start 3 has no length.', `${place}:2:7`],
      ['There are annotations of ghost, but no such image.', `${place}:5:7`],
      ['The image has no annotations.', join(path, 'b/images/b.png')],
      ['The image has no annotations.', join(path, 'c.png')],
    ]);
  });

  test('a table that cannot be read', async () => {
    const labels = join(folder, 'missing.csv');
    const { what, where } = await dataErrorOf(readAll(archive(files), { labels }));
    expect([what, where]).toEqual([`There is no file or folder \`${labels}\`.`, labels]);
  });

  test('runs beyond the image, and a size that is swapped', async () => {
    const beyond = archive({ 'a.png': image, 'l.csv': 'ImageId,EncodedPixels\na,6 2\n' });
    expect(await dataErrorOf(readAll(beyond))).toMatchObject({
      what: 'The run at 6 of length 2 ends outside the image, which has 3 x 2 = 6 pixels.',
      where: `${beyond}!/l.csv:2:3`,
    });
    const swapped = archive({ 'a.png': image, 'l.csv': 'ImageId,EncodedPixels,Height,Width\na,1 1,3,2\n' });
    const { what } = await dataErrorOf(readAll(swapped));
    expect(what).toBe('The line says 2 x 3 pixels, but the image has 3 x 2: Height and Width are swapped.');
  });
});

describe('pairs', () => {
  const files = { 'x.png': image, 'x_masks.png': image };

  test('from a zip archive, with a map of what is not reviewed', async () => {
    const path = archive({ ...files, 'x_ignore.png': await drawingPng('..#', '1..') });
    const [example] = await readAll(path);
    expect(example).toMatchObject({ id: 'x', instanceCount: 6, ignore: Uint8Array.of(0, 0, 1, 1, 0, 0) });
    const lonely = await dataErrorOf(readAll(archive({ ...files, 'y_ignore.png': image })));
    expect(lonely.problems[0]!.what).toBe('The ignore map has no image.');
  });
});

describe('clusters and annotators', () => {
  const table = 'image_id,cluster,mosaic,annotator,tool\none,f,1,Ada,QuPath 0.5\nother,a,2,,\n';
  const factsOf = async (path: string) =>
    (await readAll(path)).map(({ id, cluster, annotation }) => [id, cluster, annotation]);
  const expected = [
    ['one', 'f', { annotator: 'Ada', tool: 'QuPath 0.5' }],
    ['two', undefined, undefined],
  ];

  test('come from a table among the images or beside a zip archive, and do not change the identity', async () => {
    const plain = writeFolder(join(folder, 'plain'), challenge);
    const identity = await identityOf(plain);
    expect(await factsOf(plain)).toEqual([
      ['one', undefined, undefined],
      ['two', undefined, undefined],
    ]);
    writeFolder(plain, { 'sample.csv': table });
    expect(await factsOf(plain)).toEqual(expected);
    expect(await identityOf(plain)).toBe(identity);
    const path = archive(challenge);
    writeFileSync(join(folder, 'groups.csv'), table);
    expect(await factsOf(path)).toEqual(expected);
  });

  test('are kept in a prepared file', async () => {
    const dataset = await openDataset(archive({ ...challenge, 'groups.csv': table }));
    await prepareDataset(dataset, join(folder, 'data.prepared'));
    await dataset.close();
    expect(await factsOf(join(folder, 'data.prepared'))).toEqual(expected);
  });

  test('two tables, and a table with an error, are reported', async () => {
    expect((await dataErrorOf(readAll(archive({ ...challenge, 'a.csv': table, 'b.csv': table })))).what).toBe(
      'Both a.csv and b.csv list the clusters of the images.',
    );
    const twice = archive({ ...challenge, 'a.csv': 'name,cluster\none,f\none,a\n' });
    expect(await dataErrorOf(readAll(twice))).toMatchObject({
      what: 'The image one is listed twice.',
      where: `${twice}!/a.csv:3`,
    });
  });
});

describe('a dataset that is not recognised', () => {
  const labels = { 'labels.csv': 'ImageId,EncodedPixels\n' };
  test.each<[string, Files, RegExp]>([
    ['no files', {}, /^The zip archive is empty\.$/],
    ['nothing', { 'readme.txt': '' }, /^No masks were found among 1 file \(0 images\)\.$/],
    ['images alone', { 'a.png': image }, /^No masks were found among 1 file \(1 image\)\.$/],
    [
      'two forms of masks',
      { ...challenge, ...labels },
      /those of one\/masks\/a\.png or those of labels\.csv\.$/,
    ],
  ])('%s', async (_, files, what) => {
    expect((await dataErrorOf(readAll(archive(files)))).what).toMatch(what);
  });
});

describe('a damaged or unusual zip archive', () => {
  test.each<[string, ZipChanges, RegExp]>([
    ['a wrong checksum', { crcError: 1 }, /^The entry is damaged/],
    ['more than it claims', { size: 10 }, /^The entry is damaged/],
    ['less than it claims', { size: 5000 }, /^The entry is damaged/],
    ['a zip bomb, according to its header', { size: 4e9 }, /^The file has 4000.0 MB, more than/],
  ])('%s', async (_, changes, what) => {
    const files = { 'x/images/x.png': image, 'x/masks/a.png': image };
    const { problems } = await dataErrorOf(readAll(archive(files, changes)));
    expect(problems).toHaveLength(2);
    for (const problem of problems) expect(problem.what).toMatch(what);
  });

  test.each<[string, ZipChanges]>([
    ['Links are not followed.', { mode: 0o120777 }],
    ['The entry is encrypted.', { flags: 1 }],
    ['The compression method 12 is not supported.', { method: 12 }],
  ])('%s', async (what, changes) => {
    const tree = await openFileTree(archive({ 'a.png': image }, changes));
    expect(tree.files).toEqual([]);
    expect(tree.problems).toMatchObject([{ what, where: `${tree.path}!/a.png` }]);
    await tree.close();
  });

  test.each(['../x.png', '/x.png', 'C:/x.png'])('the name %s', async (name) => {
    expect((await dataErrorOf(readAll(archive({ [name]: image })))).what).toMatch(
      /^The zip archive cannot be read/,
    );
    expect(existsSync(join(folder, '../x.png'))).toBe(false);
  });

  test('cut short', async () => {
    const path = join(folder, 'cut.zip');
    writeFileSync(path, zip(challenge).subarray(0, 300));
    expect((await dataErrorOf(readAll(path))).what).toMatch(/^The zip archive cannot be read/);
  });
});

describe('a prepared dataset', () => {
  const prepare = async (files: Files) => {
    const dataset = await openDataset(archive(files));
    const path = join(folder, 'data.prepared');
    await prepareDataset(dataset, path);
    await dataset.close();
    return path;
  };

  test('reads like its source, with the same identity', async () => {
    for (const files of [challenge, { 'x.png': image, 'x_masks.png': image, 'x_ignore.png': image }]) {
      const path = await prepare(files);
      expect(await readAll(path)).toEqual(await readAll(join(folder, 'data.zip')));
      expect(await identityOf(path)).toBe(await identityOf(join(folder, 'data.zip')));
    }
  });

  test('is an error if it is damaged', async () => {
    const path = await prepare(challenge);
    const { readFile, writeFile } = await import('node:fs/promises');
    const bytes = await readFile(path);
    bytes[50]! ^= 1;
    await writeFile(path, bytes);
    expect((await dataErrorOf(readAll(path))).what).toBe('The prepared dataset is damaged.');
    await writeFile(path, bytes.subarray(0, 100));
    expect((await dataErrorOf(readAll(path))).what).toBe('The prepared dataset is damaged.');
  });

  test('is not written from a dataset with problems', async () => {
    const dataset = await openDataset(archive({ ...challenge, 'z/images/z.png': image }));
    await dataErrorOf(prepareDataset(dataset, join(folder, 'out')));
    await dataset.close();
    expect(existsSync(join(folder, 'out'))).toBe(false);
    expect(existsSync(join(folder, '.out.nucleate-part'))).toBe(false);
  });

  test("leaves a user's file beside it alone", async () => {
    writeFileSync(join(folder, 'data.prepared.part'), 'mine');
    await prepare(challenge);
    expect(readFileSync(join(folder, 'data.prepared.part'), 'utf8')).toBe('mine');
  });
});

test('reading can stop early', async () => {
  for await (const { id } of readDataset(archive(challenge))) {
    expect(id).toBe('one');
    break;
  }
});

const published = join(import.meta.dirname, '../../../../shared/data/dsb2018/stage1_train_fixed.zip');
test.runIf(existsSync(published))(
  'the corrected Data Science Bowl is listed, and its first images read',
  async () => {
    const dataset = await openDataset(published);
    expect([dataset.images.length, dataset.problems.length, dataset.layout]).toEqual([664, 0, 'challenge']);
    const first = await dataset.images[0]!.read();
    expect([first.image.width, first.image.height, first.image.channels, first.masks.length]).toEqual([
      256, 256, 3, 27,
    ]);
    await dataset.close();
  },
);
