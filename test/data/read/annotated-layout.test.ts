import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readModelFolder } from '../../../src/model/model-folder.js';
import { readExamples, openDataset, matchingLayouts } from '../../../src/data/read/dataset.js';
import { writeLabelImage } from '../../../src/data/image/label-io.js';
import { agreementOf } from '../../../src/eval/agreement.js';
import { humanCeiling } from '../../../src/model/human-ceiling.js';
import { modelCard } from '../../../src/model/model-card.js';
import { listImages } from '../../../src/predict/inputs/list-images.js';
import {
  event,
  rejectionOf,
  square,
  startServer,
  usualOptions,
  writeImages,
} from '../../annotate/server/laboratory.js';

const whole = { x: 0, y: 0, width: 40, height: 30 };

/** Two nuclei on the first image, of which the left half is reviewed; one on the second, reviewed; one on the third, not. */
async function annotate(folder: string, annotator = 'ann', shift = 0) {
  const { client, service, close } = await startServer({ ...usualOptions(folder), annotator });
  const indexOf = new Map<string, number>();
  for (let index = 0; index < service.images; index++)
    indexOf.set((await service.describe(index)).name, index);
  const post = async (name: string, draft: unknown) => {
    const { status } = await client.ask(`/api/images/${indexOf.get(name)!}/events`, draft);
    expect(status).toBe(200);
  };
  await post('a.png', square(1, [2 + shift, 2, 6, 6], 0));
  await post('a.png', square(2, [30, 10, 4, 4], 1));
  await post('a.png', event('review', 2, { region: { ...whole, width: 20 } }));
  await post('sub/b.png', square(1, [0, 0, 5, 5], 0));
  await post('sub/b.png', event('review', 1, { region: whole }));
  await post('c.png', square(1, [0, 0, 5, 5], 0));
  await close();
}

const imagesIn = () => writeImages(['a.png', 'sub/b.png', 'c.png']);

const examplesOf = async (place: string) => {
  const dataset = await openDataset(place);
  const examples = [];
  for await (const example of readExamples(dataset)) examples.push(example);
  await dataset.close();
  return { dataset, examples };
};

test('a folder that was annotated is a dataset of what was reviewed', async () => {
  const folder = await imagesIn();
  await annotate(folder);
  for (const place of [folder, path.join(folder, 'annotations/ann')]) {
    const { dataset, examples } = await examplesOf(place);
    expect(dataset).toMatchObject({ layout: 'annotated', problems: [] });
    expect(dataset.description).toMatch(/^2 images annotated on the page/u);
    const [a, b] = examples as [(typeof examples)[0], (typeof examples)[0]];
    expect([a.id, b.id, examples.length]).toEqual(['a', 'sub/b', 2]);
    expect(a).toMatchObject({
      instanceCount: 2,
      annotation: { annotator: 'ann', tool: 'nucleate annotate' },
    });
    // Columns 20 to 39 of 30 rows.
    expect(a.ignore!.reduce((sum, value) => sum + value, 0)).toBe(20 * 30);
    expect([a.ignore![19], a.ignore![20]]).toEqual([0, 1]);
    expect([...a.labelImage.labels].filter((label) => label === 1)).toHaveLength(36);
    expect([b.ignore, b.instanceCount]).toEqual([undefined, 1]);
  }
  expect(await matchingLayouts(folder)).toEqual(['annotated']);
});

test('what is only proposed is no nucleus', async () => {
  const folder = await writeImages(['a.png']);
  const { service, close } = await startServer(usualOptions(folder));
  await service.submit(0, square(1, [2, 2, 6, 6], 0));
  await close();
  const log = path.join(folder, 'annotations/ann/a.png.jsonl');
  // As the server writes proposals.
  const proposal = JSON.parse(readFileSync(log, 'utf8')) as Record<string, unknown>;
  const proposed = [{ id: 2, state: 'proposed', source: 'model', score: 0.5 }];
  const patch = { x: 30, y: 20, width: 2, height: 2, runs: [2, 4] };
  const uuid = '00000000-0000-4000-8000-000000000000';
  appendFileSync(
    log,
    `${JSON.stringify({ ...proposal, seq: 2, prev: 1, uuid, op: 'propose', patch, objects: proposed })}\n`,
  );
  const again = await startServer(usualOptions(folder));
  await again.service.submit(0, event('review', 2, { region: { x: 0, y: 0, width: 20, height: 20 } }));
  await again.close();
  const { examples } = await examplesOf(folder);
  expect(examples.map(({ instanceCount }) => instanceCount)).toEqual([1]);
});

test('of several annotators, or beside other masks, one has to be named', async () => {
  const folder = await imagesIn();
  await annotate(folder);
  await annotate(folder, 'ben', 1);
  const error = await rejectionOf(openDataset(folder), 3);
  expect(error.message).toMatch(/annotations\/ann\/.* or those of annotations\/ben\//u);
  expect(error.hint).toMatch(/annotations\/NAME/u);
  expect((await examplesOf(path.join(folder, 'annotations/ben'))).examples).toHaveLength(2);

  const other = await writeImages(['a.png']);
  await annotateOne(other);
  await writeLabelImage(path.join(other, 'a_masks.png'), {
    width: 40,
    height: 30,
    labels: new Int32Array(1200).fill(1, 0, 40),
  });
  await rejectionOf(openDataset(other), 3);
  const own = await openDataset(other, { annotator: null });
  expect(own.layout).toBe('pairs');
  await own.close();
  expect((await examplesOf(path.join(other, 'annotations/ann'))).dataset.layout).toBe('annotated');
});

async function annotateOne(folder: string) {
  const { service, close } = await startServer(usualOptions(folder));
  await service.submit(0, square(1, [2, 2, 6, 6], 0));
  await service.submit(0, event('review', 1, { region: whole }));
  await close();
}

test('an image that has changed, and a damaged log, are problems that name the file', async () => {
  const folder = await imagesIn();
  await annotate(folder);
  await writeImages(['a.png'], folder, { width: 41 });
  const changed = await openDataset(folder);
  const error = await rejectionOf(changed.images[0]!.read(), 3);
  expect(error).toMatchObject({ where: path.join(folder, 'a.png') });
  expect(error.message).toMatch(/not the one that was annotated/u);
  await changed.close();
  writeFileSync(path.join(folder, 'annotations/ann/sub/b.png.jsonl'), '{}\n');
  const damaged = await openDataset(folder);
  expect(damaged.problems).toEqual([
    expect.objectContaining({ where: `${path.join(folder, 'annotations/ann/sub/b.png.jsonl')}:1` }),
  ]);
  await damaged.close();
});

test('snapshots are no images to predict', async () => {
  const folder = await imagesIn();
  await annotate(folder);
  const { images, leftOut, close } = await listImages([folder]);
  expect(images.map(({ file }) => path.relative(folder, file)).sort()).toEqual([
    'a.png',
    'c.png',
    'sub/b.png',
  ]);
  expect(leftOut).toEqual([expect.objectContaining({ why: 'annotation', count: 1 })]);
  await close();
});

test('two annotators are compared where both have reviewed', async () => {
  const folder = await imagesIn();
  await rejectionOf(agreementOf(folder), 3);
  await annotate(folder);
  await rejectionOf(agreementOf(folder), 3);
  await annotate(folder, 'ben', 1);
  const [pair, ...others] = await agreementOf(folder);
  expect(others).toEqual([]);
  if (!pair) return expect.fail('Expected a pair');
  expect(pair).toMatchObject({ annotators: ['ann', 'ben'], images: [{ id: 'a' }, { id: 'sub/b' }] });
  const [a, b] = pair.images as [(typeof pair.images)[0], (typeof pair.images)[0]];
  // 6 x 6 px, moved by one column: 5 x 6 in common of 7 x 6. The other nucleus of the image is not reviewed.
  expect(a).toMatchObject({ f1: 1, iou: 30 / 42, nuclei: [1, 1] });
  // Above 0.5, 0.55, 0.6, 0.65 and 0.7 of ten thresholds.
  expect(a.score).toBeCloseTo(0.5, 12);
  expect(b).toMatchObject({ f1: 1, iou: 1, score: 1, nuclei: [1, 1] });
  expect(pair.iou).toBeCloseTo((30 / 42 + 1) / 2, 12);
});

test('the card of a model says how far the people agree who annotated its training images', async () => {
  const folder = await imagesIn();
  await annotate(folder);
  expect(await humanCeiling([folder])).toBeUndefined();
  await annotate(folder, 'ben', 1);
  const people = await humanCeiling([path.join(folder, 'annotations/ann'), path.join(folder, 'none')]);
  expect(people).toEqual({
    annotators: ['ann', 'ben'],
    images: 2,
    score: 0.75,
    f1: 1,
    iou: (30 / 42 + 1) / 2,
  });
  const { file } = await readModelFolder('experiments/nucleate-small-twin');
  const card = modelCard({ ...file, people: people! });
  expect(card).toContain(
    '(ann, ben; 2 comparisons of an image by two of them): challenge score **0.750**, F1 1.000',
  );
});
