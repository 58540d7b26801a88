import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { DetectionLoader, SegmentationLoader } from '../../../src/config/loader.js';
import type { Example } from '../../../src/data/read/example.js';
import { readAll } from '../read-all.js';
import { batches } from '../../../src/data/loader/batches.js';
import { type Batch, drawsPerEpoch, type Recipe } from '../../../src/data/loader/batch-maker.js';
import { NucleateError } from '../../../src/errors.js';

const sample = join(import.meta.dirname, '../../../examples/dsb2018-mini');
let examples: Example[];
beforeAll(async () => {
  examples = await readAll(sample);
});

const detection = (workers: number, changes: object = {}): Recipe => ({
  task: 'detection',
  loader: DetectionLoader.parse({ workers, cropSize: 96, batchSize: 3, ...changes }),
  seed: 5,
  examples: examples,
});
const segmentation = (workers: number, changes: object = {}): Recipe => ({
  task: 'segmentation',
  loader: SegmentationLoader.parse({ workers, batchSize: 7, cropSize: 32, ...changes }),
  seed: 5,
  examples: examples,
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
])('%s batches resume from a saved cursor, the same to the byte, across an epoch', async (_, recipe) => {
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

test('an epoch draws every example for the detector, every nucleus for the segmenter', async () => {
  const nuclei = examples.reduce((sum, { instanceCount }) => sum + instanceCount, 0);
  expect(drawsPerEpoch(detection(0))).toBe(24);
  expect(drawsPerEpoch(segmentation(0))).toBe(nuclei);
  const drawn = (await take(detection(0), 8)).flatMap(({ ids }) => ids);
  expect(new Set(drawn).size).toBe(24);
});

test('a cluster with a higher weight is drawn more often', async () => {
  const clustered = examples.map((example) => ({ ...example, cluster: example.id[0]! }));
  const clusterWeights = [{ cluster: 'b', weight: 4 }];
  const recipe = { ...detection(0, { batchSize: 8, clusterWeights }), examples: clustered };
  const ids = (await take(recipe, 9)).flatMap((batch) => batch.ids);
  const fraction = ids.filter((id) => id.startsWith('b')).length / ids.length;
  // 3 of 24 examples: 3 * 4 / (21 + 3 * 4) = 0.36 instead of 0.125.
  expect(Math.abs(fraction - 0.364)).toBeLessThan(0.05);
});

test('a defect names the example', async () => {
  const wrong = { ...examples[4]!, instanceCount: 1000 };
  for (const workers of [0, 1]) {
    const failure = take({ ...detection(workers), examples: [wrong] }, 1);
    await expect(failure).rejects.toThrow(wrong.id);
  }
});

test('a worker that takes too long stops the run, naming its images', async () => {
  const error = await failureOf(detection(1, { timeoutSeconds: 0.001 }));
  expect(error.message).toBe('Preparing a batch took longer than 0.001 s.');
  const [first] = await take(detection(0), 1);
  expect(error.where).toBe(first!.ids.join(', '));
});

test('a consumer that is busy for longer than the timeout causes no error', async () => {
  const loop = batches(detection(1, { timeoutSeconds: 4 }));
  const first = await loop.next();
  // Like a training step, this blocks the thread, which cannot see the batches that are finished meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000);
  const second = await loop.next();
  expect(second.value.cursor).toBeGreaterThan(first.value.cursor);
  await loop.return(undefined as never);
});

test('a dataset without anything to draw is an error', async () => {
  const empty = { ...segmentation(0), examples: [] };
  expect(await failureOf(empty)).toMatchObject({ message: 'The dataset has no nucleus.', exitCode: 3 });
});
