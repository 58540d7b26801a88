/** Results of `nucleate predict`, told by the record beside them: which image each is of, and that they are label images. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodePng } from '../../../src/data/image/image-io.js';
import { encodeLabelImage } from '../../../src/data/image/label-io.js';
import { openPrediction, openTruth } from '../../../src/eval/sources/open.js';
import { writeFolder } from '../write-dataset.js';

const size = { width: 40, height: 40 };
const folder = mkdtempSync(join(tmpdir(), 'nucleate-recorded-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** The record of results: of each the image's id, and its files. */
function record(results: Readonly<Record<string, Readonly<Record<string, Buffer>>>>): string {
  const settings = {
    ...{ nucleate: 'predictions', format: 1, settings: 's', folders: ['labels', 'coco'] },
    madeWith: { version: '0', model: { name: 'm', sha256: 'm' }, options: {} },
  };
  const lines = Object.entries(results).map(([id, files]) => ({
    ...{
      name: id.replaceAll('/', '_'),
      id,
      image: { file: `../images/${id}.png`, sha256: 'i' },
      settings: 's',
    },
    nuclei: 1,
    outputs: Object.entries(files).map(([file, bytes]) => ({
      file,
      bytes: bytes.length,
      sha256: sha256(bytes),
    })),
  }));
  return [settings, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** A nucleus that covers all but ten pixels and the last one: 99 % of the image. */
let covered: Buffer;
let images: Record<string, Buffer>;
beforeAll(async () => {
  const labels = Uint16Array.from({ length: 1600 }, (_, pixel) => (pixel < 10 || pixel === 1599 ? 0 : 1));
  covered = Buffer.concat((await encodeLabelImage({ ...size, labels })).pieces);
  const image = await encodePng({ ...size, channels: 1, data: new Uint8Array(1600).map((_, i) => i % 250) });
  images = { 'day1/cells.png': image, 'day2/cells.png': image };
  writeFolder(at('images'), images);
});

test('a label image that predict wrote is one, though a nucleus covers nearly all of it; a changed one is looked at', async () => {
  const results = { 'labels/day1_cells.png': covered, 'labels/day2_cells.png': covered };
  const written = record({
    'day1/cells': { 'labels/day1_cells.png': covered },
    'day2/cells': { 'labels/day2_cells.png': covered },
  });
  writeFolder(at('good'), { ...results, 'predictions.jsonl': Buffer.from(written) });
  writeFolder(at('plain'), { 'day1/cells.png': covered, 'day2/cells.png': covered });
  const other = record({
    'day1/cells': { 'labels/day1_cells.png': Buffer.from('as it was') },
    'day2/cells': { 'labels/day2_cells.png': covered },
  });
  writeFolder(at('changed'), { ...results, 'predictions.jsonl': Buffer.from(other) });

  const truth = await openTruth(at('images'), { labels: at('good/labels') });
  expect(truth.ids).toEqual(['day1/cells', 'day2/cells']);
  const { labelImage } = await truth.read('day1/cells');
  expect(labelImage.labels.filter((label) => label === 1)).toHaveLength(1589);
  await truth.close();
  const target = await openPrediction(at('good/labels'));
  const { labels } = (await target.read('day1/cells', size)).labelImage;
  expect([...labels]).toEqual([...labelImage.labels]);
  await target.close();

  const refused = { exitCode: 3, message: expect.stringContaining('covers 99 % of the image') as string };
  for (const labels of ['plain', 'changed/labels']) {
    const unsure = await openTruth(at('images'), { labels: at(labels) });
    await expect(unsure.read('day1/cells')).rejects.toMatchObject(refused);
    await unsure.close();
  }
  const edited = await openPrediction(at('changed/labels'));
  await expect(edited.read('day1/cells', size)).rejects.toMatchObject(refused);
  await edited.read('day2/cells', size);
  await edited.close();
});

test('COCO files that call two images the same are of those that the record names', async () => {
  const coco = (x: number) =>
    Buffer.from(
      JSON.stringify({
        images: [{ id: 1, file_name: 'cells.png', ...size }],
        categories: [{ id: 1, name: 'nucleus' }],
        annotations: [
          { id: 1, image_id: 1, category_id: 1, segmentation: [[x, 0, x + 3, 0, x + 3, 2, x, 2]] },
        ],
      }),
    );
  const files = { 'coco/day1_cells.json': coco(0), 'coco/day2_cells.json': coco(10) };
  const written = record({
    'day1/cells': { 'coco/day1_cells.json': files['coco/day1_cells.json'] },
    'day2/cells': { 'coco/day2_cells.json': files['coco/day2_cells.json'] },
  });
  writeFolder(at('coco-results'), { ...files, 'predictions.jsonl': Buffer.from(written) });
  const firstPixels: Record<string, number> = { 'day1/cells': 0, 'day2/cells': 10 };
  const truth = await openTruth(at('images'), { labels: at('coco-results/coco') });
  const target = await openPrediction(at('coco-results/coco'));
  expect([truth.ids, target.ids]).toEqual([Object.keys(firstPixels), Object.keys(firstPixels)]);
  for (const [id, first] of Object.entries(firstPixels)) {
    expect((await truth.read(id)).labelImage.labels.indexOf(1)).toBe(first);
    expect((await target.read(id, size)).labelImage.labels.indexOf(1)).toBe(first);
  }
  await truth.close();
  await target.close();

  // Without the record it is unclear.
  writeFolder(at('no-record'), files);
  await expect(openTruth(at('images'), { labels: at('no-record/coco') })).rejects.toMatchObject({
    exitCode: 3,
  });
});
