import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadNewestCheckpoint } from '../../src/run/checkpoints/read.js';
import { runFiles } from '../../src/run/run-folder.js';
import { readStatus } from '../../src/run/status.js';
import { scratchFolder } from '../run/scratch.js';
import { outcomeOf, useTinyRuns } from '../train/tiny-run.js';
import { eventsOf, trainInProcess } from '../train/tiny-process.js';

const train = useTinyRuns();

const changes = { budget: { steps: 12 }, validation: { everySteps: 5 }, checkpoints: { everySteps: 4 } };
/** Long enough for a signal to arrive. */
const long = { ...changes, budget: { steps: 100_000 } };

const atStep = (step: number) => (line: string) => line.includes(`"event":"step","step":${step},`);

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  // The terminal was closed.
  ['SIGHUP', 129],
] as const)('%s saves and ends with exit code %d', async (signal, code) => {
  const folder = path.join(scratchFolder(), 'run');
  const ended = await trainInProcess(folder, long, {
    onLine: (line, kill) => atStep(6)(line) && kill(signal),
  });
  expect(ended.status, ended.stderr).toBe(code);
  const { step } = readStatus(folder)!;
  expect(readStatus(folder)).toMatchObject({ state: 'interrupted', exitCode: code });
  const { state } = await loadNewestCheckpoint(runFiles(folder).checkpoints, ({ what }) => expect.fail(what));
  expect(state.step).toBe(step);
  expect(eventsOf(ended).filter((event) => event.event === 'checkpoint' && event.step === step)).toHaveLength(
    1,
  );
});

test('SIGTERM while a checkpoint is written: it is finished, once', async () => {
  const folder = path.join(scratchFolder(), 'run');
  // Within the first checkpoint.
  const ended = await trainInProcess(folder, long, { atWrite: { count: 20, signal: 'SIGTERM' } });
  expect(ended.status, ended.stderr).toBe(143);
  expect(eventsOf(ended).filter(({ event }) => event === 'checkpoint')).toMatchObject([{ step: 0 }]);
  expect(eventsOf(ended).at(-1)).toMatchObject({ event: 'ended', step: 0 });
});

test('a request that arrives twice, from systemd to the launcher and to the training, saves a checkpoint', async () => {
  const folder = path.join(scratchFolder(), 'run');
  const ended = await trainInProcess(folder, long, {
    onLine: (line, kill) => {
      if (!atStep(3)(line)) return;
      kill('SIGTERM');
      // Not at once, when the kernel would make one signal of both.
      setTimeout(() => kill('SIGTERM'), 20);
    },
  });
  expect(ended.status, ended.stderr).toBe(143);
  expect(readStatus(folder)).toMatchObject({ state: 'interrupted' });
});

test('a second signal ends the training at once, without a checkpoint', async () => {
  const folder = path.join(scratchFolder(), 'run');
  const ended = await trainInProcess(
    folder,
    { ...long, checkpoints: { everySteps: 100_000 } },
    {
      onLine: (line, kill) => {
        if (!atStep(3)(line)) return;
        kill('SIGTERM');
        kill('SIGINT');
      },
    },
  );
  expect([130, 143], ended.stderr).toContain(ended.status);
  expect(readStatus(folder)).toMatchObject({ state: 'died' });
});

test('the reader of stdout ends: the training continues', async () => {
  const unbroken = path.join(scratchFolder(), 'run');
  await train(unbroken, changes);
  const folder = path.join(scratchFolder(), 'run');
  const ended = await trainInProcess(folder, changes, {
    within: ['bash', '-c', '"$@" | head -1; exit ${PIPESTATUS[0]}', 'bash'],
  });
  expect(ended.status, ended.stderr).toBe(0);
  expect(ended.stdout.split('\n')).toHaveLength(2);
  expect(outcomeOf(folder)).toEqual(outcomeOf(unbroken));
});

test('two processes on one folder: one trains, the other ends with exit code 7', async () => {
  const folder = path.join(scratchFolder(), 'run');
  await train(folder, { ...long, budget: { steps: 1 } });
  let second: ReturnType<typeof trainInProcess> | undefined;
  const first = await trainInProcess(folder, long, {
    onLine: (line, kill) => {
      if (!line.includes('"started"')) return;
      second = trainInProcess(folder, long);
      void second.then(() => kill('SIGTERM'));
    },
  });
  expect(first.status, first.stderr).toBe(143);
  const refused = await second!;
  expect(refused.status).toBe(7);
  expect(refused.stdout).toMatch(/"Process \d+ is training in this folder\."/u);
});

test.each([
  ['has no room for another checkpoint', 'size=250k'],
  ['has no room for another file', 'nr_inodes=50'],
])('a disk that %s: exit code 8, the last good checkpoint stays', async (_, limit) => {
  const disk = path.join(scratchFolder(), 'disk');
  mkdirSync(disk);
  const line = `mount -t tmpfs -o ${limit} tmpfs "$0" && "$@"; code=$?; cp -r "$0" "$0.copy"; exit $code`;
  const ended = await trainInProcess(
    path.join(disk, 'run'),
    { ...long, checkpoints: { everySteps: 2, keepLast: 9 } },
    {
      within: ['unshare', '--user', '--map-root-user', '--mount', 'bash', '-c', line, disk],
    },
  );
  expect(ended.status, ended.stderr).toBe(8);
  const { checkpoints } = runFiles(path.join(`${disk}.copy`, 'run'));
  const { state } = await loadNewestCheckpoint(checkpoints, ({ what }) => expect.fail(what));
  const saved = eventsOf(ended).flatMap((event) => (event.event === 'checkpoint' ? [event.step] : []));
  expect(state.step).toBe(saved.at(-1));
});
