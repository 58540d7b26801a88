import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NucleateError } from '../../src/errors.js';
import { readModelFolder, writeModelFolder } from '../../src/model/model-folder.js';
import { buildModel } from '../../src/model/model.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel, speckled } from './small-model.js';

useNativeCpu();

const folder = path.join(mkdtempSync(path.join(tmpdir(), 'nucleate-hostile-')), 'model');
const file = path.join(folder, 'model.json');
let whole: string;
beforeAll(async () => {
  await writeModelFolder(folder, smallModel(), '');
  whole = readFileSync(file, 'utf8');
});
afterAll(() => rmSync(path.dirname(folder), { recursive: true }));

/** Replaces the value at a dotted path; the weights and their hashes stay. */
function describeWith(key: string, value: unknown): void {
  const description = JSON.parse(whole) as Record<string, unknown>;
  const names = key.split('.');
  const last = names.pop()!;
  const section = names.reduce((at, name) => at[name] as Record<string, unknown>, description);
  expect(section, key).toHaveProperty(last);
  section[last] = value;
  writeFileSync(file, JSON.stringify(description));
}

const open = async () => buildModel(await readModelFolder(folder), { mode: 'eager' });

const level = { stride: 4, sizes: [12, 20], aspectRatios: [1] };
const detector = 'detector.config.';
const segmenter = 'segmenter.config.';

test('the whole description is one that can be opened', async () => {
  describeWith('name', 'whole');
  const model = await open();
  expect((await model.segment(speckled(64))).instances.length).toBeGreaterThan(0);
  model.dispose();
});

/** A second is enough to see that something is wrong; building what is asked for would take all memory, or for ever. */
test.each([
  ['model.backbone.block35', 1_000_000_000],
  ['model.backbone.block8', 1e6],
  ['model.backbone.width', 2],
  ['model.pyramidChannels', 4096],
  ['model.boxHead.units', [2 ** 30]],
  ['model.boxHead.units', []],
  ['model.boxHead.poolSize', 100_000],
  ['model.boxHead.samplingRatio', 1e6],
  ['model.levels', []],
  ['model.levels', Array.from({ length: 1000 }, () => level)],
  ['model.levels', [level, level]],
  ['model.levels', [level, { ...level, stride: 32 }]],
  ['model.levels', [{ ...level, stride: 16 }, level]],
  ['model.levels', [{ ...level, stride: 3 }]],
  ['model.levels', [{ ...level, sizes: new Array<number>(1000).fill(9) }]],
  ['model.levels', [{ ...level, sizes: [12, 1e300] }]],
  ['model.kind', 'single'],
  ['model.proposals.preNmsTopK', 2 ** 40],
  ['model.proposals.postNmsTopK', 1e9],
  ['model.detections.maxPerTile', 1e9],
  ['model.auxiliaryWeight', 1],
  ['tiles.size', 1e6],
  ['tiles.size', 65],
  ['tiles.overlap', 4000],
  ['loader.zoom', 1e9],
  ['loader.zoom', 1e-9],
])('a detector with another %s is refused with exit code 6: %#', { timeout: 20_000 }, async (key, value) => {
  describeWith(detector + key, value);
  await expectRefusal();
});

test.each([
  ['model.depth', 5],
  ['model.width', 2],
  ['model.decoder', 2],
  ['model.decoderConvolutions', 1e9],
  ['loader.cropSize', 1e6],
  ['loader.cropSize', 17],
  ['loader.margin', 1e9],
  ['inference.batchSize', 2 ** 31],
])('a segmenter with another %s is refused with exit code 6: %#', { timeout: 20_000 }, async (key, value) => {
  describeWith(segmenter + key, value);
  await expectRefusal();
});

async function expectRefusal(): Promise<void> {
  const refused = await open().then(
    (model) => model.dispose(),
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(NucleateError);
  expect(refused).toMatchObject({ exitCode: 6 });
}
