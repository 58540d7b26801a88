import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DetectionLoader, SegmentationLoader } from '../../../src/config/loader.js';
import type { Example } from '../../../src/data/read/example.js';
import { writeImage } from '../../../src/data/image/image-io.js';
import { readPairs } from '../../../src/data/read/pairs-layout.js';
import { batches } from '../../../src/data/loader/batches.js';
import { type Batch, drawsPerEpoch, type Recipe } from '../../../src/data/loader/batch-maker.js';
import type { FileSource } from '../../../src/data/loader/source.js';
import { NucleateError } from '../../../src/errors.js';

const sample = join(import.meta.dirname, '../../../examples/dsb2018-mini');
let examples: Example[];
let folder: string;
beforeAll(async () => {
  examples = await readPairs(sample);
  folder = mkdtempSync(join(tmpdir(), 'nucleate-loader-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const detection = (workers: number, changes: object = {}): Recipe => ({
  task: 'detection',
  loader: DetectionLoader.parse({ workers, cropSize: 96, masks: true, batchSize: 3, ...changes }),
  seed: 5,
  sources: examples,
});
const segmentation = (workers: number, changes: object = {}): Recipe => ({
  task: 'segmentation',
  loader: SegmentationLoader.parse({ workers, batchSize: 7, cropSize: 32, ...changes }),
  seed: 5,
  sources: examples,
});

async function take(recipe: Recipe, count: number, cursor = 0): Promise<Batch[]> {
  const taken: Batch[] = [];
  for await (const batch of batches(recipe, cursor)) {
    taken.push(batch);
    if (taken.length === count) break;
  }
  return taken;
}

/** What a batch holds, to the byte; comparing the arrays themselves takes vitest seconds. */
const fingerprints = (list: readonly Batch[]) =>
  list.map((batch) =>
    Object.entries(batch).map(([name, value]: [string, unknown]) =>
      ArrayBuffer.isView(value)
        ? `${name} ${value.constructor.name} ${createHash('sha256')
            .update(value as Uint8Array)
            .digest('hex')}`
        : `${name} ${JSON.stringify(value)}`,
    ),
  );

async function failureOf(recipe: Recipe): Promise<NucleateError> {
  try {
    await take(recipe, 50);
  } catch (error) {
    if (error instanceof NucleateError) return error;
    throw error;
  }
  throw new Error('expected a failure');
}

test.each([
  ['detection', detection],
  ['segmentation', segmentation],
])('%s batches are the same to the byte for 0, 1, 2 and 3 workers', async (_, recipe) => {
  const alone = await take(recipe(0), 12);
  expect(new Set(alone.map(({ cursor }) => cursor)).size).toBe(12);
  for (const workers of [1, 2, 3]) {
    expect(fingerprints(await take(recipe(workers), 12))).toEqual(fingerprints(alone));
  }
});

test.each([
  ['detection', detection],
  ['segmentation', segmentation],
])('%s batches go on from a saved cursor to the byte, across an epoch', async (_, recipe) => {
  const whole = await take(recipe(0), 10); // 10 * 3 > 24 examples
  const saved = JSON.parse(JSON.stringify({ cursor: whole[3]!.cursor })) as { cursor: number };
  expect(fingerprints(await take(recipe(2), 6, saved.cursor))).toEqual(fingerprints(whole.slice(4)));
});

test('another seed gives other batches', async () => {
  const [one] = await take(detection(0), 1);
  const [other] = await take({ ...detection(0), seed: 6 }, 1);
  expect(fingerprints([one!])).not.toEqual(fingerprints([other!]));
});

test('each batch owns its memory', async () => {
  for (const workers of [0, 1]) {
    const [one, other] = await take(detection(workers), 2);
    const buffers = [one!, other!].flatMap((batch) =>
      Object.values(batch as object).flatMap((value) => (ArrayBuffer.isView(value) ? [value.buffer] : [])),
    );
    expect(new Set(buffers).size).toBe(buffers.length);
    expect(buffers.every((buffer) => buffer instanceof ArrayBuffer)).toBe(true);
  }
});

test('an epoch is every example for the detector, every nucleus for the segmenter', async () => {
  const nuclei = examples.reduce((sum, { instanceCount }) => sum + instanceCount, 0);
  expect(drawsPerEpoch(detection(0))).toBe(24);
  expect(drawsPerEpoch(segmentation(0))).toBe(nuclei);
  const drawn = (await take(detection(0), 8)).flatMap(({ ids }) => ids);
  expect(new Set(drawn).size).toBe(24);
});

test('a cluster is drawn more often by config', async () => {
  const sources = examples.map((example) => ({ ...example, cluster: example.id[0]! }));
  const clusterWeights = [{ cluster: 'b', weight: 4 }];
  const recipe = { ...detection(0, { batchSize: 8, clusterWeights }), sources };
  const ids = (await take(recipe, 9)).flatMap((batch) => batch.ids);
  const share = ids.filter((id) => id.startsWith('b')).length / ids.length;
  // 3 of 24 examples: 3 * 4 / (21 + 3 * 4) = 0.36 instead of 0.125.
  expect(Math.abs(share - 0.364)).toBeLessThan(0.05);
});

const fileSource = (id: string, at = sample): FileSource => ({
  id,
  imagePath: join(at, `${id}.png`),
  masksPath: join(at, `${id}_masks.png`),
  instanceCount: examples.find((example) => example.id === id)!.instanceCount,
});

test('files that workers decode give the batches of examples in memory', async () => {
  const sources = examples.map(({ id }) => fileSource(id));
  const fromFiles = await take({ ...detection(2), sources }, 4);
  expect(fingerprints(fromFiles)).toEqual(fingerprints(await take(detection(0), 4)));
});

test('files may have an ignore map', async () => {
  const { id } = examples[0]!;
  const ignorePath = join(folder, `${id}_ignore.png`);
  const ignore = Uint8Array.from({ length: 256 * 256 }, (_, pixel) => (pixel % 256 < 100 ? 1 : 0));
  await writeImage(ignorePath, { width: 256, height: 256, channels: 1, data: ignore });
  const [fromFiles] = await take({ ...detection(1), sources: [{ ...fileSource(id), ignorePath }] }, 1);
  const inMemory = { ...detection(0), sources: [{ ...examples[0]!, ignore }] };
  expect(fingerprints([fromFiles!])).toEqual(fingerprints(await take(inMemory, 1)));
  const [reviewed] = await take({ ...detection(0), sources: [examples[0]!] }, 1);
  expect(fingerprints([fromFiles!])).not.toEqual(fingerprints([reviewed!]));
});

test('an image that a worker cannot read stops the run in its turn, by name and with the exit code of data', async () => {
  const bad = 'b-4193474b';
  cpSync(join(sample, `${bad}_masks.png`), join(folder, `${bad}_masks.png`));
  writeFileSync(join(folder, `${bad}.png`), 'no image');
  const sources = examples.map((example) => (example.id === bad ? fileSource(bad, folder) : example));
  for (const workers of [0, 2]) {
    const error = await failureOf({ ...detection(workers), sources });
    expect(error).toMatchObject({ exitCode: 3, where: join(folder, `${bad}.png`) });
    expect(error.hint).not.toBe('');
  }
});

test('a defect names the example', async () => {
  const wrong = { ...examples[4]!, instanceCount: 1000 };
  for (const workers of [0, 1]) {
    const failure = take({ ...detection(workers), sources: [wrong] }, 1);
    await expect(failure).rejects.toThrow(wrong.id);
  }
});

test('a worker that takes too long stops the run, naming its images', async () => {
  const error = await failureOf(detection(1, { timeoutSeconds: 0.001 }));
  expect(error.message).toBe('Preparing a batch took longer than 0.001 s.');
  const [first] = await take(detection(0), 1);
  expect(error.where).toBe(first!.ids.join(', '));
});

test('a consumer that is busy for longer than a batch may take does no harm', async () => {
  const loop = batches(detection(1, { timeoutSeconds: 4 }));
  const first = await loop.next();
  // As a training step does, this keeps the thread from hearing of the batches that are made meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000);
  const second = await loop.next();
  expect(second.value.cursor).toBeGreaterThan(first.value.cursor);
  await loop.return(undefined as never);
});

test('nothing to draw is told', async () => {
  const empty = { ...segmentation(0), sources: [] };
  expect(await failureOf(empty)).toMatchObject({ message: 'The dataset has no nucleus.', exitCode: 3 });
});
