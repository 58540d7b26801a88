/** A lab's month: predict, correct in QuPath, import, check, merge with the old set, split, train on, compare. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Split } from '../../src/data/split/split.js';
import { nucleate } from './run-nucleate.js';

const sample = 'examples/dsb2018-mini';
const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-lab-'));
const at = (...names: string[]) => path.join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...args: string[]) {
  const { status, stdout, stderr } = await nucleate([...args, '--no-progress']);
  expect(status, stderr).toBe(0);
  return { stdout, stderr };
}

const splitIn = (name: string) => JSON.parse(readFileSync(at(name), 'utf8')) as Split;

/** What an expert does in QuPath: deletes the first nucleus and draws another one into the corner. */
function correct(file: string): number {
  const collection = JSON.parse(readFileSync(file, 'utf8')) as { features: object[] };
  const [, ...left] = collection.features;
  const corner = [
    [0, 0],
    [6, 0],
    [6, 5],
    [0, 5],
    [0, 0],
  ];
  const drawn = {
    ...{ type: 'Feature', geometry: { type: 'Polygon', coordinates: [corner] } },
    properties: { objectType: 'annotation' },
  };
  writeFileSync(file, JSON.stringify({ ...collection, features: [drawn, ...left] }));
  return collection.features.length;
}

test('the story of a lab, with no step by hand', { timeout: 600_000 }, async () => {
  // Two of the lab's images are new; the other 22 are the old dataset.
  const fresh = ['a-5afb7932', 'f-16c3d593'];
  mkdirSync(at('old'));
  mkdirSync(at('new'));
  for (const name of readdirSync(sample).filter((file) => file.endsWith('.png'))) {
    const isFresh = fresh.some((id) => name.startsWith(id));
    if (!isFresh) copyFileSync(path.join(sample, name), at('old', name));
    else if (!name.includes('_masks')) copyFileSync(path.join(sample, name), at('new', name));
  }
  await run('data', 'split', at('old'), '--folds', '4', '--out', at('old.json'));

  await run('predict', at('new'), '--format', 'labels', '--format', 'geojson', '--out', at('nuclei'));
  const nuclei = correct(at('nuclei/geojson', 'a-5afb7932.geojson'));
  expect(nuclei).toBeGreaterThan(10);

  const facts = ['--annotator', 'ada', '--licence', 'CC-BY-4.0'];
  const imported = await run(
    ...['data', 'import', at('nuclei/geojson'), '--images', at('new'), '--out', at('corrected'), ...facts],
  );
  expect(imported.stdout).toMatch(/^geojson: 2 images/u);
  await run('data', 'check', at('corrected'));

  const merged = await run('data', 'merge', at('corrected'), at('old'), at('old'), '--out', at('joined'));
  expect(merged.stdout).toContain(
    'left out: 22 images with pixels that are there already; 0 with other nuclei',
  );

  const split = await run(
    'data',
    'split',
    at('joined'),
    '--keep',
    at('old.json'),
    '--out',
    at('joined.json'),
  );
  expect(split.stdout).toContain('kept        22 images, 2 new');
  const [before, after] = [splitIn('old.json'), splitIn('joined.json')];
  for (const [id, { fold }] of Object.entries(before.images)) expect(after.images[id]!.fold).toBe(fold);

  const training = [
    '--config',
    'configs/detector/tiny.yaml',
    '--set',
    'budget.steps=1',
    '--set',
    'loader.workers=0',
  ];
  const data = ['--data', at('joined'), '--set', `data.split=${at('joined.json')}`, '--run-dir', at('run')];
  await run('train', 'detector', ...training, ...data, '--device', 'cpu');
  await run('model', 'pack', at('run'), 'test/fixtures/old-files/segmenter', '--out', at('model'));
  const card = readFileSync(at('model/README.md'), 'utf8');
  expect(card).toMatch(/- joined: \d+ images, \d+ nuclei; annotated by ada; licence: not recorded/u);

  const compared = await run('eval', at('nuclei/labels'), '--data', at('corrected'), '--json');
  const { targets } = JSON.parse(compared.stdout) as { targets: { score: number }[] };
  // One nucleus was deleted and one drawn.
  expect(targets[0]!.score).toBeGreaterThan(0.5);
  expect(targets[0]!.score).toBeLessThan(1);
  const warned = await run('eval', at('model'), '--data', at('joined'), '--device', 'cpu');
  expect(warned.stderr).toMatch(/\d+ of 24 images trained \S*model or a network that it began from/u);

  await run(
    'data',
    'export',
    at('corrected'),
    '--format',
    'coco',
    '--format',
    'imagej',
    '--out',
    at('exported'),
  );
  expect(readdirSync(at('exported/coco'))).toEqual(fresh.map((id) => `${id}.json`));
  const again = await run('eval', at('exported/coco'), '--data', at('corrected'));
  expect(again.stdout).toContain('1.0000');
});
