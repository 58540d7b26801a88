import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeImage } from '../../src/data/image/image-io.js';
import { buildModel, type Model } from '../../src/model/model.js';
import { predictImages } from '../../src/model/predict-images.js';
import type { OutputFormat } from '../../src/predict/formats/output-formats.js';
import { listImages } from '../../src/predict/inputs/list-images.js';
import { lockShard } from '../../src/shard/shard-lock.js';
import { makePlan } from '../../src/shard/make-plan.js';
import { mergeShards } from '../../src/shard/merge-shards.js';
import { readShardPlan } from '../../src/shard/plan.js';
import { predictShard } from '../../src/shard/predict-shard.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel, speckled } from '../model/small-model.js';

useNativeCpu();

const folder = mkdtempSync(path.join(tmpdir(), 'shards-'));
const at = (...names: string[]) => path.join(folder, ...names);
const images = at('images');
const formats: OutputFormat[] = ['labels', 'table'];
let model: Model;

beforeAll(async () => {
  model = buildModel(smallModel());
  cpSync('examples/dsb2018-mini/a-5afb7932.png', at('images', 'a.png'), { recursive: true });
  for (const [index, size] of [40, 60, 72, 90, 320].entries())
    await writeImage(at('images', `speckled-${index}.png`), speckled(size));
  writeFileSync(at('images', 'corrupt.png'), readFileSync(at('images', 'a.png')).subarray(0, 300));
});
afterAll(() => {
  model.dispose();
  rmSync(folder, { recursive: true });
});

/** Plans images in a new folder. */
async function planned(name: string, shards: number, paths = [images], regionSize?: number) {
  const listed = await listImages(paths);
  try {
    const out = at(`${name}.json`);
    await makePlan(listed, { out, shards, paths, ...(regionSize !== undefined && { regionSize }) });
    return { plan: await readShardPlan(out), out: at(name) };
  } finally {
    await listed.close();
  }
}

type Planned = Awaited<ReturnType<typeof planned>>;

const predicted = ({ plan, out }: Planned, shard: number, options: object = {}) =>
  predictShard(model, plan, { out, shard, formats, device: 'cpu', ...options });

async function merged(name: string, shards: number, ...rest: [string[]?, number?]) {
  const one = await planned(name, shards, ...rest);
  for (let shard = 0; shard < shards; shard++) await predicted(one, shard);
  return { ...one, result: await mergeShards(one.plan, { out: one.out }) };
}

/** Every file of a merged folder, without the shards. */
const contents = (out: string) =>
  Object.fromEntries(
    readdirSync(out, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !path.relative(out, entry.parentPath).startsWith('shards'))
      .map((entry) => {
        const file = path.join(entry.parentPath, entry.name);
        return [path.relative(out, file), readFileSync(file, 'base64')];
      }),
  );

test('1, 7 and 64 shards give the same files, to the byte: those of one prediction, and the cut image is whole', async () => {
  const { result, out } = await merged('one', 1, [images], 110);
  const one = contents(out);
  expect(Object.keys(one).sort()).toEqual(
    [
      ...['failures.csv', 'manifest.json', 'predictions.jsonl', 'settings.json'],
      ...['a', 'speckled-0', 'speckled-1', 'speckled-2', 'speckled-3', 'speckled-4'].flatMap((name) => [
        `labels/${name}.png`,
        `table/${name}.csv`,
      ]),
    ].sort(),
  );
  // In six of seven images; the corrupt one cannot be predicted, however often it is tried.
  expect(result).toMatchObject({ images: 6, unfinished: [], missing: [{ name: 'corrupt', again: false }] });
  for (const shards of [7, 64]) {
    const other = await merged(`of-${shards}`, shards, [images], 110);
    expect(contents(other.out)).toEqual(one);
    // 3 x 3 of each of the three images with sides of 256 and 320 px.
    expect(other.plan.images.flatMap(({ cut }) => cut?.regions ?? [])).toHaveLength(27);
  }
  const listed = await listImages([images]);
  await predictImages(model, listed.images, { out: at('plain'), formats, resume: false });
  const plain = contents(at('plain'));
  for (const file of Object.keys(plain).filter((name) => name.includes('/')))
    expect([file, one[file]]).toEqual([file, plain[file]]);
  const manifest = JSON.parse(readFileSync(path.join(out, 'manifest.json'), 'utf8')) as {
    images: { name: string; failed?: object }[];
  };
  expect(manifest.images.map(({ name }) => name)).toEqual(
    listed.images.map(({ name }) => name).sort((a, b) => (a < b ? -1 : 1)),
  );
  // The merged record is that of a prediction: images with results are skipped.
  const again = await predictImages(model, listed.images, { out, formats, resume: true });
  expect(again.skipped).toHaveLength(6);
  expect(again.predicted).toEqual([]);
});

test('a shard that has not ended is tried again; a second run makes nothing again', async () => {
  const paths = [0, 1, 2].map((index) => at('images', `speckled-${index}.png`));
  const one = await planned('ends', 2, paths);
  await predicted(one, 0);
  const first = await mergeShards(one.plan, { out: one.out });
  expect(first.unfinished).toEqual([1]);
  expect(first.missing.every(({ again }) => again)).toBe(true);
  const stop = new Error('stopped');
  const stopAfterFirst = (done: number) => {
    if (done === 1) throw stop;
  };
  await expect(predicted(one, 1, { onProgress: stopAfterFirst })).rejects.toBe(stop);
  // Shard 1 has two images: the larger one is alone in shard 0.
  expect(await predicted(one, 1)).toMatchObject({ images: 2, skipped: 1, failed: [] });
  expect(await predicted(one, 1)).toMatchObject({ images: 2, skipped: 2 });
  expect((await mergeShards(one.plan, { out: one.out })).missing).toEqual([]);
});

test('shards with other options, of a changed image, or of another plan do not go together', async () => {
  const copy = at('changing.png');
  cpSync(at('images', 'speckled-0.png'), copy);
  const paths = [at('images', 'speckled-1.png'), copy];
  const one = await planned('mixed', 2, paths);
  await predicted(one, 0);
  await predicted(one, 1, { settings: { minArea: 30 } });
  await expect(mergeShards(one.plan, { out: one.out })).rejects.toThrow(
    'The shards 0 and 1 were predicted with different models, options or formats.',
  );
  appendFileSync(copy, 'x');
  const { failed } = await predicted(one, 1);
  expect(failed).toMatchObject([
    { name: 'changing', what: 'The image is not the one that was planned: its bytes have changed.' },
  ]);
  const other = await planned('mixed-2', 2, paths);
  const { unfinished } = await mergeShards(other.plan, { out: one.out });
  expect(unfinished).toEqual([0, 1]);
  await expect(predicted(one, 2)).rejects.toThrow('The plan has the shards 0 to 1, and no shard 2.');
});

test('a result that was changed is found when shards are merged', async () => {
  const { plan, out } = await merged('changed', 1, [at('images', 'speckled-0.png')]);
  appendFileSync(path.join(out, 'shards/0/labels/speckled-0.png'), 'x');
  await expect(mergeShards(plan, { out })).rejects.toThrow('is missing or is not as it was written');
});

test('masks of a region that were damaged are made again, and found when shards are merged', async () => {
  const one = await merged('damaged', 1, [at('images', 'speckled-4.png')], 300);
  const place = path.join(one.out, 'shards/0/regions/speckled-4.0-0.jsonl.gz');
  const whole = readFileSync(place);
  writeFileSync(place, whole.subarray(0, whole.length - 100));
  await expect(mergeShards(one.plan, { out: one.out })).rejects.toThrow('masks of a region cannot be read');
  expect(await predicted(one, 0)).toMatchObject({ regions: 4, skipped: 3 });
  expect(readFileSync(place).equals(whole)).toBe(true);
});

test('one process at a time works on a shard', async () => {
  const one = await planned('locked', 1, [at('images', 'speckled-0.png')]);
  const lock = lockShard(path.join(one.out, 'shards/0'));
  await expect(predicted(one, 0)).rejects.toMatchObject({ exitCode: 7 });
  lock.release();
  expect(await predicted(one, 0)).toMatchObject({ failed: [] });
});
