import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeImage } from '../../src/data/image/image-io.js';
import { writeModelFolder } from '../../src/model/model-folder.js';
import { lockShard } from '../../src/shard/shard-lock.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel, speckled } from '../model/small-model.js';
import { jsonError, launcher, nucleate } from './run-nucleate.js';

useNativeCpu();

const folder = mkdtempSync(path.join(tmpdir(), 'shard-cli-'));
const at = (...names: string[]) => path.join(folder, ...names);
beforeAll(async () => {
  await writeModelFolder(at('model'), smallModel(), '# card\n');
  await mkdir(at('images'));
  for (let index = 0; index < 30; index++)
    await writeImage(at('images', `i${String(index).padStart(2, '0')}.png`), speckled(100 + index));
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true }));

const predict = (plan: string, shard: number, ...more: string[]) => [
  ...['predict', '--plan', at(plan), '--shard', String(shard), '--model', at('model')],
  ...['--out', at(`${plan}-out`), '--format', 'labels', '--device', 'cpu', ...more],
];
const merge = (plan: string, ...more: string[]) =>
  nucleate(['shard', 'merge', '--plan', at(plan), '--out', at(`${plan}-out`), '--json', ...more]);

test('exit codes say whether another run of a shard can help', async () => {
  writeFileSync(at('corrupt.png'), readFileSync(at('images', 'i00.png')).subarray(0, 200));
  const named = [at('corrupt.png'), at('images', 'i01.png')];
  const plan = await nucleate(['shard', 'plan', ...named, '--shards', '1', '--out', at('codes')]);
  expect([plan.status, plan.stdout]).toEqual([0, expect.stringContaining('2 images in 1 shard')]);
  expect(plan.stdout).toMatch(/^next +nucleate predict --plan \S+ --shard 0$/mu);
  const unfinished = await merge('codes');
  expect(unfinished.status).toBe(75);
  expect(JSON.parse(unfinished.stdout)).toMatchObject({ images: 0, unfinished: [0] });
  const failed = await nucleate(predict('codes', 0, '--json'));
  expect(failed.status).toBe(42);
  expect(JSON.parse(failed.stdout)).toMatchObject({ images: 2, failed: [{ name: 'corrupt' }] });
  expect((await nucleate(predict('codes', 0, '--allow-failed'))).status).toBe(0);
  const merged = await merge('codes');
  expect(merged.status).toBe(42);
  expect(JSON.parse(merged.stdout)).toMatchObject({
    images: 1,
    missing: [{ name: 'corrupt', again: false }],
  });
  expect(readFileSync(at('codes-out', 'failures.csv'), 'utf8')).toMatch(/^image,.*\ncorrupt,no,.*\n$/u);
  expect((await merge('codes', '--allow-missing')).status).toBe(0);
  const beyond = await nucleate(predict('codes', 1, '--json'));
  expect([beyond.status, jsonError(beyond).what]).toEqual([
    42,
    'The plan has the shards 0 to 0, and no shard 1.',
  ]);
  const lock = lockShard(at('codes-out', 'shards', '0'));
  const locked = await nucleate(predict('codes', 0, '--json'));
  lock.release();
  expect([locked.status, jsonError(locked).what]).toEqual([75, 'Another process works on this shard.']);
}, 240_000);

test('SIGTERM ends a shard with 75 after the image at hand, and the next run goes on', async () => {
  await nucleate(['shard', 'plan', at('images'), '--shards', '1', '--out', at('stopped')]);
  const child = spawn(process.execPath, [launcher, ...predict('stopped', 0)], { stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const results = () => {
    try {
      const text = readFileSync(at('stopped-out', 'shards', '0', 'predictions.jsonl'), 'utf8');
      return text.split('"outputs"').length - 1;
    } catch {
      return 0;
    }
  };
  while (results() < 2) await setTimeout(20);
  child.kill('SIGTERM');
  expect(await ended).toBe(75);
  const done = results();
  expect(done).toBeLessThan(30);
  const { status, stdout } = await nucleate(predict('stopped', 0, '--json'));
  expect([status, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ images: 30, skipped: done })]);
  expect((await merge('stopped')).status).toBe(0);
}, 240_000);

test('a plan and what it has settled exclude each other', async () => {
  for (const [given, words] of [
    [[at('images')], '--plan and images exclude each other'],
    [['--channel', 'red'], '--plan and --channel exclude each other'],
  ] as const) {
    const { status, stderr } = await nucleate([...predict('codes', 0), ...given]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(words)]);
  }
  const { status, stdout } = await nucleate([...predict('codes', 0), '--region', '0,0,9,9', '--json']);
  expect([status, jsonError({ status, stdout, stderr: '' }).what]).toEqual([
    42,
    expect.stringContaining('--region and --plan exclude each other'),
  ]);
}, 240_000);
