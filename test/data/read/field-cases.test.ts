/** Datasets as people have them, made from the bundled sample; each was refused or read wrongly once. */
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { NucleateError } from '../../../src/errors.js';
import { masksOfLabels } from '../../../src/data/geometry/mask.js';
import { encodePng } from '../../../src/data/image/image-io.js';
import { readLabelImage } from '../../../src/data/image/label-io.js';
import { openPrediction, openTruth } from '../../../src/eval/sources/open.js';
import { dataErrorOf } from '../expect-error.js';
import { readAll } from '../read-all.js';
import { writeFolder, type Files } from '../write-dataset.js';

const folder = mkdtempSync(join(tmpdir(), 'nucleate-field-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sample = join(import.meta.dirname, '../../../examples/dsb2018-mini');
const id = 'a-5afb7932';
const image = readFileSync(join(sample, `${id}.png`));
const labels = readFileSync(join(sample, `${id}_masks.png`));
const truth = await readLabelImage(labels);
const size = { width: truth.width, height: truth.height };
const nuclei = new Set(truth.labels).size - 1;

/** Mask files of the nuclei, as `change` leaves them. */
async function maskFiles(parent: string, change: (mask: Sharp) => Sharp): Promise<Files> {
  const files: Record<string, Buffer> = {};
  for (const { name, runs } of masksOfLabels(truth.labels, size)) {
    const data = new Uint8Array(size.width * size.height);
    for (let run = 0; run < runs.length; run += 2) data.fill(255, runs[run], runs[run]! + runs[run + 1]!);
    const raw = sharp(data, { raw: { ...size, channels: 1 } });
    const jpegOrPng = await change(raw).toBuffer();
    files[`${parent}/${name.padStart(4, '0')}.png`] = await sharp(jpegOrPng)
      .toColourspace('b-w')
      .png()
      .toBuffer();
  }
  return files;
}

test('masks that were JPEG once are the masks, for datasets and for targets', async () => {
  const worn = await maskFiles(`${id}/masks`, (mask) => mask.jpeg({ quality: 90 }));
  const path = writeFolder(join(folder, 'worn'), { ...worn, [`${id}/images/${id}.png`]: image });
  const [example] = await readAll(path);
  expect(example!.instanceCount).toBe(nuclei);
  const isInside = (at: number) => truth.labels[at]! > 0;
  const pixels = Array.from(example!.labelImage.labels.keys());
  const differing = pixels.filter((at) => example!.labelImage.labels[at]! > 0 !== isInside(at)).length;
  // The threshold at half gives the outlines back, but for a pixel here and there.
  expect(differing).toBeLessThan(0.01 * pixels.filter(isInside).length);
  const target = await openPrediction(writeFolder(join(folder, 'target'), worn));
  expect(target.kind).toBe('mask folders');
  expect((await target.read(id, size)).labelImage.labels).toEqual(example!.labelImage.labels);
});

test('a label image among the masks of the challenge is an error, for datasets and for targets', async () => {
  const files = { [`${id}/masks/one.png`]: labels };
  const path = writeFolder(join(folder, 'labels-as-mask'), { ...files, [`${id}/images/${id}.png`]: image });
  const what = 'A mask has two values, 0 and another; this one has more.';
  expect((await dataErrorOf(readAll(path))).what).toBe(what);
  const target = await openPrediction(writeFolder(join(folder, 'labels-as-target'), files));
  expect((await dataErrorOf(target.read(id, size))).what).toBe(what);
});

test('raw images as targets or as truth are an error, not a score of 0', async () => {
  const path = writeFolder(join(folder, 'raw'), { [`${id}.png`]: image });
  const what = /this is an image, not a label image|this is a colour image|rims of other values/u;
  expect((await dataErrorOf((await openPrediction(path)).read(id, size))).what).toMatch(what);
  expect((await dataErrorOf((await openTruth(path)).read(id))).what).toMatch(what);
});

test('label images in folders are all nuclei, also of a single image', async () => {
  const path = writeFolder(join(folder, 'folders'), {
    'train/images/x.png': image,
    'train/masks/x.png': labels,
  });
  expect((await readAll(path)).map(({ instanceCount }) => instanceCount)).toEqual([nuclei]);
});

test('whatever files there are, a dataset is read or refused with an error for users', async () => {
  const small = await encodePng({ width: 2, height: 1, channels: 1, data: Uint8Array.of(1, 0) });
  const names = fc.constantFrom(
    'a',
    'b',
    'a_masks',
    'a_img',
    'a_ignore',
    'images',
    'masks',
    'ignore',
    'reviewed',
    'labels',
    'mask',
  );
  const paths = fc
    .tuple(
      fc.array(names, { maxLength: 3 }),
      names,
      fc.constantFrom('.png', '.tif', '.jpg', '.txt', '.ome.tif'),
    )
    .map(([folders, name, ending]) => [...folders.map((part) => `${part}/`), name, ending].join(''));
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(paths, { minLength: 1, maxLength: 7 }), async (files) => {
      const path = writeFolder(
        join(folder, `fuzz-${run++}`),
        Object.fromEntries(files.map((file) => [file, small])),
      );
      const examples = await readAll(path).catch((error: unknown) => {
        if (!(error instanceof NucleateError)) throw error;
        expect(error.exitCode).toBe(3);
        return [];
      });
      expect(new Set(examples.map((example) => example.id)).size).toBe(examples.length);
      for (const { instanceCount } of examples) expect(instanceCount).toBeLessThanOrEqual(7);
    }),
    { numRuns: 60 },
  );
});
