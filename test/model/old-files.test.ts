import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import { readComplete } from '../../src/config/complete.js';
import { currentFormat, migrateModelFile } from '../../src/config/migrations.js';
import { ModelFile } from '../../src/config/model-file.js';
import { readRegion } from '../../src/data/image/stored-image.js';
import { openImage } from '../helpers/open-image.js';
import { findNetworks } from '../../src/model/find-networks.js';
import { readModelFolder } from '../../src/model/model-folder.js';
import { buildModel } from '../../src/model/model.js';
import { packModel } from '../../src/model/pack-model.js';
import { runLengthHeader, runLengthLines } from '../../src/predict/formats/run-length.js';
import { manifestText, readManifest } from '../../src/run/checkpoints/manifest.js';
import { decodeSafetensors } from '../../src/safetensors/decode.js';
import { nucleate } from '../cli/run-nucleate.js';
import { useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const old = (name: string) => path.join('test/fixtures/old-files', name);
const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-old-'));
const at = (name: string) => path.join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const tasks = ['detector', 'segmenter'] as const;

describe.each(tasks)('a %s of format 1', (task) => {
  test('its config file means what it meant', () => {
    const { config, oldKeys } = loadConfig(old(`${task}.yaml`), ['budget.steps=2']);
    const { manifest } = JSON.parse(
      readFileSync(old(`${task}/checkpoints/step-000000002/manifest.json`), 'utf8'),
    ) as { manifest: { format: number; config: { model: object } } };
    expect(manifest.format).toBe(1);
    expect(JSON.stringify(manifest.config)).toContain('statisticsMomentum');
    const read = readManifest(
      readFileSync(old(`${task}/checkpoints/step-000000002/manifest.json`), 'utf8'),
      task,
    );
    expect(read.config).toEqual(config);
    expect(loadConfig(old(`${task}/config.resolved.yaml`), [], { resolved: true })).toMatchObject({
      config,
      oldKeys: [],
    });
    expect(oldKeys.length).toBeGreaterThan(3);
  });

  test('its run is found, with its network', async () => {
    const found = await findNetworks(old(task));
    expect(found).toMatchObject({
      [task]: { origin: { step: 2, run: task }, config: { model: { normMomentum: 0.9 } } },
    });
  });

  test('its run goes on, and ends as the run that was never stopped', { timeout: 180_000 }, async () => {
    cpSync(old(task), at(task), { recursive: true });
    // Git keeps no empty folders.
    for (const name of ['tb', 'eval']) mkdirSync(at(`${task}/${name}`));
    const outcome = await nucleate(['train', task, '--resume', at(task), '--set', 'budget.steps=4']);
    expect(outcome).toMatchObject({ status: 0 });
    expect(outcome.stderr).not.toContain('is now called');
    const weights = (file: string) => decodeSafetensors(readFileSync(file)).tensors;
    const ended = weights(at(`${task}/checkpoints/step-000000004/weights.safetensors`));
    const whole = weights(old(`${task}-step-4.safetensors`));
    expect([...ended.keys()]).toEqual([...whole.keys()]);
    const differences = [...whole].flatMap(([name, { data }]) =>
      Array.from(data as Float32Array, (value, index) =>
        Math.abs(value - (ended.get(name)!.data as Float32Array)[index]!),
      ),
    );
    // 0 on the processor that made the files; another one adds in another order.
    expect(Math.max(...differences)).toBeLessThan(1e-5);
    const manifest = readFileSync(at(`${task}/checkpoints/step-000000004/manifest.json`), 'utf8');
    expect(manifest).toContain(`"format": ${currentFormat}`);
    expect(manifest).toContain('normMomentum');
  });
});

test('a model folder of format 1 finds the same nuclei', { timeout: 60_000 }, async () => {
  const stored = await readModelFolder(old('model'));
  expect(stored.file).toMatchObject({
    format: currentFormat,
    predict: { tta: ['flips'] },
    detector: { config: { tiles: { size: 128, overlap: 32 } } },
  });
  const model = buildModel(stored);
  // One tile of that time: since then tiles fit the image.
  const image = await openImage('examples/dsb2018-mini/a-5afb7932.png');
  const segmentation = await model.segment(readRegion(image, { x1: 128, y1: 128, x2: 256, y2: 256 }));
  model.dispose();
  const text = runLengthHeader + [...runLengthLines('a-5afb7932', segmentation)].join('');
  expect(text).toBe(readFileSync(old('a-5afb7932.csv'), 'utf8'));
});

/** Keys that `model.json` of the first release did not have. */
const newerThanTheFirst = [
  'predict',
  'detector.sizes',
  'detector.config.loader.augment.palette',
  'segmenter.config.loader.augment.palette',
  'segmenter.config.scoring.detector',
  'segmenter.config.scoring.images',
];

/** A copy without the value at a dotted key. */
function withoutKey(value: unknown, key: string): unknown {
  const [name, ...rest] = key.split('.');
  const copy = { ...(value as Record<string, unknown>) };
  if (rest.length === 0) delete copy[name!];
  else copy[name!] = withoutKey(copy[name!], rest.join('.'));
  return copy;
}

test('a model folder of the first release, before all later keys, is read and finds nuclei', async () => {
  // The first `model.json` that was ever shipped (commit 1f6122b).
  const first = JSON.parse(readFileSync(old('first-model.json'), 'utf8')) as { format: number };
  expect(first.format).toBe(1);
  const read = readComplete(ModelFile, migrateModelFile(first, 1));
  expect(read).toMatchObject({ config: { name: 'nucleate-small', predict: { tta: [], secondPass: false } } });

  // Its keys with the smallest networks.
  cpSync(old('model'), at('first'), { recursive: true });
  const whole: unknown = JSON.parse(readFileSync(old('model/model.json'), 'utf8'));
  writeFileSync(at('first/model.json'), JSON.stringify(newerThanTheFirst.reduce(withoutKey, whole)));
  const model = buildModel(await readModelFolder(at('first')));
  const { instances } = await model.segment(await openImage('examples/dsb2018-mini/a-5afb7932.png'));
  model.dispose();
  expect(instances.length).toBeGreaterThan(0);
});

test('runs of format 1 can be packed', async () => {
  const file = await packModel({
    ...{ detector: old('detector'), segmenter: old('segmenter'), folder: at('packed') },
    ...{ precision: 'float16', portable: true, now: new Date() },
  });
  const { file: read } = await readModelFolder(at('packed'));
  expect(read).toMatchObject({ ...file, format: currentFormat });
  const weights = (place: string) => readFileSync(path.join(place, 'segmenter.safetensors'));
  expect(weights(at('packed'))).toEqual(weights(old('model')));
});

test('a model folder of a newer format is an error that says so', async () => {
  cpSync(old('model'), at('newer'), { recursive: true });
  const text = readFileSync(at('newer/model.json'), 'utf8');
  writeFileSync(at('newer/model.json'), text.replace('"format": 1', `"format": ${currentFormat + 1}`));
  await expect(readModelFolder(at('newer'))).rejects.toMatchObject({
    exitCode: 6,
    message: `The model was made by a newer version of nucleate: it has the format ${currentFormat + 1}, this one reads up to ${currentFormat}.`,
    hint: 'Update nucleate.',
  });
});

test('a checkpoint of a newer format is an error that says so', () => {
  const newer = { format: currentFormat + 1 } as unknown as Parameters<typeof manifestText>[0];
  expect(() => readManifest(manifestText(newer), 'step-1')).toThrow(
    `The checkpoint was made by a newer version of nucleate: it has the format ${currentFormat + 1}, this one reads up to ${currentFormat}.`,
  );
  // The hash is right, so that nothing is damaged.
  const text = readFileSync(old('detector/checkpoints/step-000000002/manifest.json'), 'utf8');
  const { format, ...rest } = (JSON.parse(text) as { manifest: ReturnType<typeof readManifest> }).manifest;
  expect(format).toBe(1);
  const other = { ...rest, colour: 'blue' };
  expect(() => readManifest(manifestText(other), 'step-1')).toThrow(
    /^The checkpoint was made by another version of nucleate: .*Unrecognized key: "colour"/u,
  );
});
