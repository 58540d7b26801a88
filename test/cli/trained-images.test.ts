import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTrainingData } from '../../src/data/loader/training-data.js';
import { modelCard } from '../../src/model/model-card.js';
import { writeModelFolder } from '../../src/model/model-folder.js';
import { historyOf } from '../../src/train/history.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel } from '../model/small-model.js';
import { tinyConfig } from '../train/tiny-task.js';
import { nucleate } from './run-nucleate.js';

useNativeCpu();

const sample = 'examples/dsb2018-mini';
const split = 'configs/splits/dsb2018-mini.json';
const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-trained-'));
const at = (name: string) => path.join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

/** A model that says it was trained on all folds of the sample but the first. */
beforeAll(async () => {
  const { file, detector, segmenter } = smallModel();
  const config = tinyConfig({ data: { split, validationFold: 0 } });
  const history = historyOf(await readTrainingData(config.data, { seed: 1 }), undefined);
  const origin = { ...file.detector.origin, history };
  const trained = {
    ...file,
    detector: { ...file.detector, origin },
    segmenter: { ...file.segmenter, origin },
  };
  await writeModelFolder(at('model'), { file: trained, detector, segmenter }, modelCard(trained));
  // The same images under other names, and without most of them.
  cpSync(sample, at('renamed'), { recursive: true });
  for (const name of readdirSync(at('renamed'))) {
    const image = /^(.+?)(_masks)?\.png$/u.exec(name);
    if (image?.[1]!.startsWith('f-')) renameSync(at(`renamed/${name}`), at(`renamed/mine-${name}`));
    else rmSync(at(`renamed/${name}`), { recursive: true });
  }
}, 120_000);

const warningsOf = async (...args: string[]) => {
  const { status, stderr } = await nucleate([...args, '--device', 'cpu', '--no-progress']);
  expect(status, stderr).toBe(0);
  return stderr.split('\n').filter((line) => line.includes('trained'));
};

test('eval says how many images trained the model, whatever they are called; none of the held-out fold did', async () => {
  const fold = ['--data', sample, '--split', split, '--fold'];
  expect(await warningsOf('eval', at('model'), ...fold, '0')).toEqual([]);
  const { status, stdout, stderr } = await nucleate([
    ...['eval', at('model'), '--data', at('renamed'), '--json', '--html', at('scores.html')],
    ...['--device', 'cpu', '--no-progress'],
  ]);
  expect(status, stderr).toBe(0);
  const { warnings } = JSON.parse(stdout) as { warnings: string[] };
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(
    /[1-9] of [0-9] images trained .*model or a network that it began from: its score is optimistic/u,
  );
  expect(stderr).toContain(warnings[0]);
  expect(readFileSync(at('scores.html'), 'utf8')).toContain('<b>Warning:</b>');
}, 240_000);

test('tune says it, too', async () => {
  const place = ['tune', at('model'), '--data', sample, '--split', split];
  expect(await warningsOf(...place, '--fold', '1')).toHaveLength(1);
}, 240_000);
