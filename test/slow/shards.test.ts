/** Shards as processes: killed at random, two at once, with a corrupt image; and a large image in regions. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildModel } from '../../src/model/model.js';
import { assembleMasks } from '../../src/predict/assemble/assemble.js';
import { randomFor } from '../../src/random.js';
import { cutImage } from '../../src/shard/cut-image.js';
import { launcher, nucleate } from '../cli/run-nucleate.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel, speckled } from '../model/small-model.js';
import { writeTinyInputs } from '../workflow/tiny-inputs.js';

useNativeCpu();

/** Each run kills at other moments; SHARD_SEED repeats one. */
const seed = Number(process.env['SHARD_SEED']) || Date.now() % 2 ** 31;

const images = 199;
const shards = 4;
const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-shards-'));
const at = (...names: string[]) => path.join(folder, ...names);
const here = { cwd: folder };
const options = ['--model', 'model', '--device', 'cpu', '--format', 'labels'];
/** How long a shard takes, ms. */
let duration = 0;

beforeAll(async () => {
  await writeTinyInputs(folder, images);
  expect((await nucleate(['predict', 'images', '--out', 'plain', ...options], here)).status).toBe(0);
  // The two hundredth image, which no shard can read.
  writeFileSync(at('images/corrupt.png'), readFileSync(at('images/i000.png')).subarray(0, 200));
  const plan = ['shard', 'plan', 'images', '--shards', String(shards), '--out', 'plan.json'];
  expect((await nucleate(plan, here)).status).toBe(0);
}, 1_200_000);
afterAll(() => rmSync(folder, { recursive: true }));

const shardOf = (shard: number, out: string) => [
  ...['predict', '--plan', 'plan.json', '--shard', String(shard), '--out', out, '--allow-failed', ...options],
];

/** Starts a shard; `ended` gives its exit status, null if it was killed. */
function start(shard: number, out: string) {
  const child = spawn(process.execPath, [launcher, ...shardOf(shard, out)], { ...here, stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, ended };
}

/** Every planned image is there once, with the results of a plain prediction, but the corrupt one, which is named. */
async function expectMerged(out: string): Promise<void> {
  const { status, stdout } = await nucleate(
    ['shard', 'merge', '--plan', 'plan.json', '--out', out, '--json'],
    here,
  );
  expect(status, stdout).toBe(42);
  expect(JSON.parse(stdout)).toMatchObject({ images, missing: [{ name: 'corrupt', again: false }] });
  expect(readFileSync(at(out, 'failures.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(2);
  const names = readdirSync(at('plain/labels')).sort();
  expect(names).toHaveLength(images);
  expect(readdirSync(at(out, 'labels')).sort()).toEqual(names);
  for (const name of names)
    expect(readFileSync(at(out, 'labels', name)).equals(readFileSync(at('plain/labels', name))), name).toBe(
      true,
    );
}

test('one corrupt image of 200 is named, and all others are there', async () => {
  const began = performance.now();
  for (let shard = 0; shard < shards; shard++)
    expect((await nucleate(shardOf(shard, 'corrupt'), here)).status).toBe(0);
  duration = (performance.now() - began) / shards;
  await expectMerged('corrupt');
});

test(`20 shards killed at random moments and run again lose nothing (SHARD_SEED=${seed})`, async () => {
  const random = randomFor(seed, 'shard kills');
  let broken = 0;
  for (let kill = 0; kill < 20; kill++) {
    const { child, ended } = start(random.integer(shards), 'killed');
    await Promise.race([ended, sleep(duration * random.uniform())]);
    const target = random.integer(2) === 0 ? child.pid! : (childOf(child.pid!) ?? child.pid!);
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // It has ended already.
    }
    if ((await ended) !== 0) broken += 1;
    // After its launcher the child ends on its own.
    await sleep(1000);
  }
  // A shard may still be locked by a process that is ending.
  for (let shard = 0; shard < shards; shard++) {
    let status: number | null = 75;
    for (let tries = 0; tries < 5 && status === 75; tries++) {
      if (tries > 0) await sleep(5000);
      ({ status } = await nucleate(shardOf(shard, 'killed'), here));
    }
    expect(status).toBe(0);
  }
  await expectMerged('killed');
  console.log(`20 attempts, ${broken} broken off, 20 survived, 0 lost`);
});

test('the same index given twice at once: one works, the other tries again later, nothing is done twice', async () => {
  const both = [start(0, 'twice'), start(0, 'twice')];
  const statuses = await Promise.all(both.map(({ ended }) => ended));
  // The second finds the lock, or all done if it was late.
  expect([
    [0, 0],
    [0, 75],
  ]).toContainEqual(statuses.sort());
  for (let shard = 0; shard < shards; shard++)
    expect((await nucleate(shardOf(shard, 'twice'), here)).status).toBe(0);
  await expectMerged('twice');
});

/** px; REGIONS_SIDE chooses another. */
const side = Number(process.env['REGIONS_SIDE']) || 4000;

test(`an image of ${side} x ${side} px in 16 regions is the whole, object by object`, async () => {
  const model = buildModel(smallModel());
  try {
    const image = speckled(side);
    const whole = await model.segment(image);
    const regions = cutImage(image, side / 4);
    expect(regions).toHaveLength(16);
    const parts = [];
    for (const { x, y, width, height } of regions)
      parts.push(await model.masksIn(image, { x1: x, y1: y, x2: x + width, y2: y + height }));
    const masks = parts.flatMap((part) => part.masks);
    const segmentation = assembleMasks(image, masks, parts[0]!.assemble);
    expect(segmentation.instances).toEqual(whole.instances);
    expect(
      Buffer.from(segmentation.labelImage.labels.buffer).equals(Buffer.from(whole.labelImage.labels.buffer)),
    ).toBe(true);
    console.log(`${side} x ${side} px, 16 regions: ${whole.instances.length} nuclei, all equal`);
  } finally {
    model.dispose();
  }
});

/** The process that the launcher has started. */
function childOf(pid: number): number | undefined {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return first ? Number(first) : undefined;
  } catch {
    return undefined;
  }
}
