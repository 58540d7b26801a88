import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { metrics } from '../../src/eval/metrics/metrics.js';
import { sourceKinds } from '../../src/eval/sources/kinds.js';
import { EvalDocument } from '../../src/report/eval-schema.js';
import { readLabelImage, writeLabelImage } from '../../src/data/image/label-io.js';
import { writeModelFolder } from '../../src/model/model-folder.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel } from '../model/small-model.js';
import { writeRun } from '../model/small-runs.js';
import { degradations } from '../reference/degrade.js';
import { jsonError, nucleate } from './run-nucleate.js';

useNativeCpu();

const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-eval-'));
const at = (...names: string[]) => path.join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true }));

const sample = 'examples/dsb2018-mini';
const ids = ['f-245b9958', 'd-3594684b', 'a-5afb7932'];

beforeAll(async () => {
  for (const name of ['data', 'shifted', 'merged', 'missing', 'extra']) mkdirSync(at(name));
  for (const id of ids) {
    for (const name of [`${id}.png`, `${id}_masks.png`]) cpSync(path.join(sample, name), at('data', name));
    const truth = await readLabelImage(at('data', `${id}_masks.png`));
    for (const copy of ['shifted', 'merged'] as const) {
      await writeLabelImage(at(copy, `${id}.png`), degradations[copy](truth));
    }
  }
  for (const id of ids.slice(1)) cpSync(at('shifted', `${id}.png`), at('missing', `${id}.png`));
  cpSync(at('shifted'), at('extra'), { recursive: true });
  cpSync(at('shifted', `${ids[0]}.png`), at('extra', 'other.png'));
});

const evaluate = (...args: string[]) => nucleate(['eval', ...args, '--data', at('data'), '--quiet']);

test('help names every kind of predictions and every metric', async () => {
  const { stdout } = await nucleate(['eval', '--help']);
  const text = stdout.replace(/\s+/gu, ' ');
  for (const { words } of sourceKinds) expect(text).toContain(words);
  for (const { label } of metrics) expect(text).toContain(label);
});

describe('one target', () => {
  test('as text', async () => {
    const { status, stdout, stderr } = await evaluate(at('data'));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(
      /^data .*: images with label images, 3 images, \d+ nuclei\nsha256 [0-9a-f]{64}\n/u,
    );
    expect(stdout).toMatch(/^\[1\] .*data {2}1\.0000 /mu);
    expect(stdout).toMatch(/^0\.95 +1\.0000 +1\.0000 +1\.0000 +1\.0000$/mu);
    expect(stdout).not.toContain('NaN');
  });

  test('as JSON that follows its schema', async () => {
    const { status, stdout } = await evaluate(at('shifted'), '--groups', `${sample}/sample.csv`, '--json');
    expect(status).toBe(0);
    const document = EvalDocument.parse(JSON.parse(stdout));
    const [target, ...others] = document.targets;
    expect(others).toEqual([]);
    expect(target).toMatchObject({ kind: 'label images', comparison: null, imageCount: 3 });
    expect(target!.images.map(({ id, cluster }) => [id, cluster])).toEqual([
      ['a-5afb7932', 'a'],
      ['d-3594684b', 'd'],
      ['f-245b9958', 'f'],
    ]);
    const mean = target!.images.reduce((sum, { score }) => sum + score, 0) / 3;
    expect(target!.score).toBeCloseTo(mean, 12);
  });
});

describe('two targets', () => {
  test('are compared with the first', async () => {
    const { stdout } = await evaluate(at('merged'), at('shifted'), '--json');
    const [first, second] = EvalDocument.parse(JSON.parse(stdout)).targets;
    const { difference, interval, mostChanged } = second!.comparison!;
    expect(first!.comparison).toBeNull();
    expect(difference).toBeCloseTo(second!.score - first!.score, 12);
    expect(interval.low).toBeLessThanOrEqual(difference);
    expect(interval.high).toBeGreaterThanOrEqual(difference);
    expect(mostChanged).toHaveLength(3);
  });

  test('as text', async () => {
    const { stdout } = await evaluate(at('merged'), at('shifted'));
    expect(stdout).toMatch(/^\[2\] .*shifted +0\.\d{4} +\+0\.\d{4} {2}[+-]0\.\d{4} \.\. \+0\.\d{4} /mu);
    expect(stdout).toMatch(
      /^most changed images \(\d better, \d worse, \d equal\) +\[1\] score +\[2\] score +change$/mu,
    );
  });
});

describe('a split', () => {
  const facts = Object.fromEntries(
    ids.map((id, index) => [id, { fold: index % 2, group: index === 1 ? 1 : 0, cluster: `k${index}` }]),
  );
  const write = (dataset: string) =>
    writeFileSync(at('split.json'), JSON.stringify({ dataset, seed: 1, folds: 2, images: facts }));
  const document = async (...args: string[]) => {
    const { stdout } = await evaluate(...args, '--split', at('split.json'), '--json');
    return EvalDocument.parse(JSON.parse(stdout));
  };

  test('gives the fold, clusters and groups; a split of other data is an error', async () => {
    const plain = await evaluate(at('shifted'), '--json');
    const { sha256 } = EvalDocument.parse(JSON.parse(plain.stdout)).data;
    write(sha256);
    const { data, bootstrap, targets } = await document(at('merged'), at('shifted'), '--fold', '0');
    expect(data).toMatchObject({ sha256, imageCount: 2, split: { path: at('split.json'), fold: 0 } });
    // f and a are one group.
    expect(bootstrap).toMatchObject({ unit: 'group', units: 1 });
    expect(targets[0]!.clusters.map(({ cluster }) => cluster)).toEqual(['k0', 'k2']);
    const { stdout } = await evaluate(at('merged'), at('shifted'), '--split', at('split.json'));
    expect(stdout).toContain('of 2 groups of images that belong together (crops of one field)\n');

    write('another');
    const outcome = await evaluate(at('shifted'), '--split', at('split.json'), '--json');
    expect(outcome.status).toBe(3);
    expect(jsonError(outcome).problems).toMatchObject([
      { what: `The split was made for another dataset: another; this dataset is ${sha256}.` },
    ]);
    expect((await document(at('shifted'), '--allow-other-data')).data.imageCount).toBe(3);
  });

  test('without --split there is no --fold', async () => {
    const { status, stderr } = await evaluate(at('shifted'), '--fold', '0');
    expect(status).toBe(2);
    expect(stderr).toContain('--fold needs --split: the file that says which image is in which fold.\n');
  });
});

describe('targets with networks', () => {
  beforeAll(async () => {
    const model = smallModel();
    await writeModelFolder(at('model'), model, '# card\n');
    await writeRun(at('boxes'), model, 'detector');
    await writeRun(at('masks'), model, 'segmenter');
  });

  test(
    'a run takes its other network from --with; --ablation shows what each stage costs',
    { timeout: 120_000 },
    async () => {
      const html = at('stages.html');
      const options = ['--with', at('masks'), '--ablation', '--html', html, '--json'];
      const { status, stdout } = await evaluate(at('boxes'), at('shifted'), ...options);
      expect(status).toBe(0);
      const [run, labels] = EvalDocument.parse(JSON.parse(stdout)).targets;
      expect(run).toMatchObject({
        path: at('boxes'),
        kind: 'detector boxes at step 5, segmenter masks at step 5',
      });
      expect(run!.ablation).toMatchObject({ gtCount: run!.gtCount });
      expect(run!.boxes).toMatchObject({ gtCount: run!.gtCount });
      expect(labels).toMatchObject({ ablation: null, boxes: null });
      expect(readFileSync(html, 'utf8')).toContain('What each stage costs');
    },
  );

  test.each([
    { args: ['boxes'], what: 'This is only a detector: to find nuclei, a segmenter is needed as well.' },
    {
      args: ['masks', '--with', 'masks'],
      what: 'This is a segmenter, and --with names a segmenter as well: a detector is missing.',
    },
    { args: ['boxes', '--with', 'shifted'], what: '--with names no network.' },
    {
      args: ['model', '--with', 'masks'],
      what: 'No target needs --with: none is only a detector or only a segmenter.',
    },
    {
      args: ['shifted', '--tta=none'],
      what: 'Test-time augmentation and scales are of predictions that are made now. All targets are finished predictions.',
    },
    {
      args: ['shifted', '--diameter=trained'],
      what: 'Test-time augmentation and scales are of predictions that are made now. All targets are finished predictions.',
    },
    {
      args: ['shifted', '--pixel-size=0.5'],
      what: 'Test-time augmentation and scales are of predictions that are made now. All targets are finished predictions.',
    },
    {
      args: ['model', '--diameter=-4'],
      what: '--diameter takes px, um, `auto` or `trained`, received `-4`.',
    },
    {
      args: ['shifted', '--ablation'],
      what: '--ablation needs a model to predict with true boxes. All targets are finished predictions.',
    },
  ])('$args: $what', async ({ args, what }) => {
    const outcome = await evaluate(...args.map((arg) => (arg.startsWith('--') ? arg : at(arg))), '--json');
    expect(outcome.status).toBe(2);
    expect(jsonError(outcome).what).toBe(what);
    expect(jsonError(outcome).hint).toMatch(/\.$/u);
  });
});

test('files: a row for each image, and a page', async () => {
  const [csv, html] = [at('out.csv'), at('out.html')];
  const { status } = await evaluate(at('merged'), at('shifted'), '--csv', csv, '--html', html);
  expect(status).toBe(0);
  expect(readFileSync(csv, 'utf8').trimEnd().split('\n')).toHaveLength(1 + 2 * 3);
  expect(readFileSync(html, 'utf8')).toMatch(/^<!doctype html>/u);
});

test('a file that cannot be written', async () => {
  const outcome = await evaluate(at('shifted'), '--csv', at('no', 'such', 'folder.csv'), '--json');
  expect(outcome.status).toBe(8);
  expect(jsonError(outcome).what).toMatch(/^The file cannot be written: ENOENT/u);
});

describe('predictions with problems', () => {
  test.each([
    { target: 'missing', problem: 'The image f-245b9958 has no prediction.' },
    { target: 'extra', problem: 'There is a prediction for other, which is not in the data.' },
  ])('$target', async ({ target, problem }) => {
    const outcome = await evaluate(at(target), '--json');
    expect(outcome.status).toBe(3);
    expect(jsonError(outcome)).toMatchObject({
      code: 3,
      what: 'The predictions have 1 problem.',
      problems: [{ what: problem, where: at(target) }],
    });
  });

  test('all problems at once', async () => {
    const outcome = await evaluate(at('missing'), at('extra'), '--json');
    expect(jsonError(outcome).problems.map(({ what }) => what)).toEqual([
      'The image f-245b9958 has no prediction.',
      'There is a prediction for other, which is not in the data.',
    ]);
  });

  test('bad runs, with line and column', async () => {
    const rows = ids.map((id, index) => `${id},1 ${index === 1 ? 'x' : '5'}`);
    writeFileSync(at('bad.csv'), `ImageId,EncodedPixels\n${rows.join('\n')}\n`);
    const outcome = await evaluate(at('bad.csv'), '--json');
    expect(jsonError(outcome)).toMatchObject({
      what: 'The run lengths have 1 problem.',
      problems: [
        { what: 'Expected a number of pixels in digits, received `x`.', where: `${at('bad.csv')}:3:14` },
      ],
    });
  });

  test('made for other data', async () => {
    cpSync(at('shifted'), at('other-data'), { recursive: true });
    writeFileSync(at('other-data', 'dataset.json'), JSON.stringify({ sha256: 'ab'.repeat(32) }));
    const outcome = await evaluate(at('shifted'), at('other-data'), '--json');
    expect(outcome.status).toBe(3);
    expect(jsonError(outcome).problems).toMatchObject([{ where: at('other-data') }]);
    expect((await evaluate(at('other-data'), '--allow-other-data')).status).toBe(0);
    const { stdout } = await evaluate(at('shifted'), '--json');
    const { sha256 } = EvalDocument.parse(JSON.parse(stdout)).data;
    writeFileSync(at('other-data', 'dataset.json'), JSON.stringify({ sha256 }));
    expect((await evaluate(at('other-data'))).status).toBe(0);
    writeFileSync(at('other-data', 'dataset.json'), '{"sha256": 1}');
    expect(jsonError(await evaluate(at('other-data'), '--json')).what).toBe(
      'The record of the data is damaged.',
    );
  });

  test('--data is required', async () => {
    expect((await nucleate(['eval', at('shifted')])).stderr).toContain('Missing: --data.');
  });
});

test('overlapping objects are reported', async () => {
  const rows = [`${ids[0]},1 5`, `${ids[0]},3 5`, `${ids[0]},1 2`, `${ids[1]},`, `${ids[2]},`];
  writeFileSync(at('overlap.csv'), `ImageId,EncodedPixels\n${rows.join('\n')}\n`);
  const { stdout } = await evaluate(at('overlap.csv'));
  expect(stdout).toContain(
    '[1]: objects overlap in 1 image; 5 pixels given to the earlier object, 1 object left without a pixel counted as extra\n',
  );
});
