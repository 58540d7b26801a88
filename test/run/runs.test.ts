import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareRuns } from '../../src/run/compare-runs.js';
import { findRuns, requireRun } from '../../src/run/find-runs.js';
import { readRun } from '../../src/run/run-document.js';
import { readConfig, summariseRun } from '../../src/run/run-summary.js';
import { lockRun } from '../../src/run/lock/lock.js';
import { runFiles } from '../../src/run/run-folder.js';
import { readStatus, writeStatus } from '../../src/run/status.js';
import { useTinyRuns } from '../train/tiny-run.js';
import { scratchFolder } from './scratch.js';

const train = useTinyRuns();

const changes = { budget: { steps: 12 }, validation: { everySteps: 5 }, checkpoints: { everySteps: 4 } };
const home = mkdtempSync(path.join(tmpdir(), 'nucleate-runs-'));
const [one, other] = [path.join(home, 'day', 'one'), path.join(home, 'other')] as const;
beforeAll(async () => {
  mkdirSync(path.dirname(one));
  await train(one, changes);
  await train(other, { ...changes, seed: 2, schedule: { learningRate: 0.02, warmupSteps: 5, steps: 100 } });
}, 120_000);
afterAll(() => rmSync(home, { recursive: true }));

/** A copy of the first run, to be spoilt. */
function copyOfOne(): string {
  const folder = path.join(scratchFolder(), 'copy');
  cpSync(one, folder, { recursive: true });
  return folder;
}

/** Every file below with its bytes and the time it was written. */
const stateOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => path.join(folder, name))
    .map((file) => {
      const facts = statSync(file);
      return [file, facts.mtimeMs, facts.isFile() ? readFileSync(file).toString('hex') : ''];
    });

describe('runs are found', () => {
  test('up to three folders deep, but not within a run, behind a link, or hidden', () => {
    cpSync(one, path.join(home, '.dry-run'), { recursive: true });
    cpSync(one, path.join(other, 'copy'), { recursive: true });
    symlinkSync(one, path.join(home, 'link'));
    mkdirSync(path.join(home, 'nothing'));
    expect(findRuns(home)).toEqual([one, other]);
    expect(findRuns(one)).toEqual([one]);
    rmSync(path.join(other, 'copy'), { recursive: true });
  });

  test('a missing folder, or one that is not a run: exit code 2', () => {
    expect(() => findRuns(path.join(home, 'gone'))).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(() => requireRun(home)).toThrow(expect.objectContaining({ exitCode: 2 }));
    requireRun(one);
  });
});

describe('a run is read', () => {
  test('at a glance', async () => {
    const summary = await summariseRun(one);
    const best = readStatus(one)!.best;
    expect(summary).toMatchObject({ state: 'finished', step: 12, steps: 12, best, message: null });
    expect(summary.data).toBe('examples/dsb2018-mini');
    expect(summary.seconds).toBeGreaterThan(0);
    const bytes = readdirSync(one, { recursive: true, encoding: 'utf8' })
      .map((name) => statSync(path.join(one, name)))
      .filter((facts) => facts.isFile())
      .reduce((sum, { size }) => sum + size, 0);
    expect(summary.bytes).toBe(bytes);
  });

  test('completely, without changing anything', async () => {
    const before = stateOf(one);
    const { curves, checkpoints, damagedLines } = await readRun(one, { verify: true });
    expect(stateOf(one)).toEqual(before);
    expect(curves.losses.map(({ name, steps }) => [name, steps.length])).toEqual([
      ['loss', 12],
      ['lossBody', 12],
      ['lossShare', 12],
    ]);
    expect(curves.validations.map(({ step }) => step)).toEqual([5, 10, 12]);
    expect(damagedLines).toBe(0);
    expect(checkpoints[0]).toMatchObject({ step: 12, isLatest: true, state: 'verified', problem: null });
    const best = checkpoints.find(({ isBest }) => isBest)!;
    expect(best.step).toBe(readStatus(one)!.best!.step);
  });

  test.each([
    ['is gone: died', false, 'died'],
    ['lives: running', true, 'running'],
  ])('while it is running; its process %s', async (_, isLocked, state) => {
    const folder = copyOfOne();
    await writeStatus(folder, { ...readStatus(one)!, state: 'running', exitCode: null });
    const lock = isLocked ? lockRun(folder, { force: false, onTakeover: () => {} }) : undefined;
    // A line, and a checkpoint, of which half is written.
    appendFileSync(runFiles(folder).metrics, '{"step":13,"kind":"train","lo');
    mkdirSync(path.join(runFiles(folder).checkpoints, '.tmp-13-1'));
    const { summary, curves, checkpoints } = await readRun(folder, { verify: false });
    expect(summary.state).toBe(state);
    expect(curves.losses[0]!.steps.at(-1)).toBe(12);
    expect(checkpoints[0]!.step).toBe(12);
    lock?.release();
  });

  test('with damage, which is reported', async () => {
    const folder = copyOfOne();
    const weights = path.join(runFiles(folder).checkpoints, 'step-000000012', 'weights.safetensors');
    const bytes = readFileSync(weights);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(weights, bytes);
    appendFileSync(runFiles(folder).metrics, 'no record\n');
    const shallow = await readRun(folder, { verify: false });
    expect(shallow.checkpoints[0]!.state).toBe('whole');
    expect(shallow.damagedLines).toBe(1);
    const { checkpoints } = await readRun(folder, { verify: true });
    expect(checkpoints[0]).toMatchObject({
      state: 'damaged',
      problem: 'weights.safetensors differs from what was written',
    });
    expect(checkpoints[1]!.state).toBe('verified');
  });

  test("with a config of an older nucleate, in today's keys", () => {
    const folder = scratchFolder();
    const configOf = (text: string) => {
      writeFileSync(runFiles(folder).resolvedConfig, text);
      return readConfig(folder);
    };
    const older = configOf('task: detector\npredict:\n  tileSize: 256\n');
    expect(older).toEqual(configOf('task: detector\ntiles:\n  size: 256\n'));
    expect(older['tiles']).toEqual({ size: 256 });
  });

  test('without most of its files', async () => {
    const folder = scratchFolder();
    for (const name of ['config.resolved.yaml', 'env.json']) writeFileSync(path.join(folder, name), '{');
    requireRun(folder);
    const { summary, checkpoints, curves } = await readRun(folder, { verify: false });
    expect(summary).toMatchObject({ state: 'unknown', task: null, step: 0, best: null, seconds: null });
    expect(checkpoints).toEqual([]);
    expect(curves.losses).toEqual([]);
  });
});

test('two runs are compared by config, environment and their best validations', async () => {
  const documents = [await readRun(one, { verify: false }), await readRun(other, { verify: false })] as const;
  const { config, environment, steps, metrics } = compareRuns(...documents);
  expect(config).toEqual([
    { key: 'schedule.learningRate', values: ['nothing', '0.02'] },
    { key: 'schedule.steps', values: ['nothing', '100'] },
    { key: 'schedule.warmupSteps', values: ['nothing', '5'] },
    { key: 'seed', values: ['nothing', '2'] },
  ]);
  // The seed of a run without a split draws its fold.
  expect(environment.map(({ key }) => key)).toEqual(expect.arrayContaining(['seed', 'dataset.split.sha256']));
  expect(environment.map(({ key }) => key)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/ids$/u)]),
  );
  const best = documents.map(({ summary }) => summary.best!);
  expect(steps).toEqual(best.map(({ step }) => step));
  const [first, second] = best.map(({ score }) => score);
  expect(metrics[0]).toEqual({ name: 'score', values: [first, second], difference: second! - first! });
  expect(metrics.map(({ name }) => name)).toEqual(['score', 'dice', 'accuracy']);
});

test('a run that was not validated has nothing to compare', async () => {
  const document = await readRun(one, { verify: false });
  const fresh = { ...document, curves: { ...document.curves, validations: [] } };
  const { steps, metrics, config } = compareRuns(document, fresh);
  expect(steps[1]).toBeNull();
  expect(metrics[0]).toMatchObject({ values: [document.summary.best!.score, null], difference: null });
  expect(config).toEqual([]);
});
