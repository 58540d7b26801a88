import path from 'node:path';
import { expect, test } from 'vitest';
import { readStatus } from '../../src/run/status.js';
import { scratchFolder } from '../run/scratch.js';
import { outcomeOf, useTinyRuns } from './tiny-run.js';
import { eventsOf, trainInProcess } from './tiny-process.js';

const train = useTinyRuns();

const changes = { budget: { steps: 12 }, validation: { everySteps: 5 }, checkpoints: { everySteps: 4 } };
const withWorkers = { ...changes, loader: { workers: 1 } };

/** test/slow tests all instants. */
test('a run killed while it saves and while it trains, with and without workers, ends like an uninterrupted one', async () => {
  const unbroken = path.join(scratchFolder(), 'run');
  let writes = 0;
  await train(unbroken, changes, { afterWrite: () => void writes++ });

  const folder = path.join(scratchFolder(), 'run');
  // About when the checkpoint of step 5 is renamed.
  const first = await trainInProcess(folder, withWorkers, {
    atWrite: { count: Math.round(0.4 * writes), signal: 'SIGKILL' },
  });
  expect(first.signal, first.stderr).toBe('SIGKILL');
  expect(readStatus(folder)).toMatchObject({ state: 'died' });
  const second = await trainInProcess(folder, changes, {
    onLine: (line, kill) => line.includes('"event":"step","step":9') && kill('SIGKILL'),
  });
  expect(second.signal, second.stderr).toBe('SIGKILL');
  expect(second.stdout).toContain('its lock is taken over');
  const third = await trainInProcess(folder, withWorkers);
  expect(third.status, third.stderr).toBe(0);
  expect(outcomeOf(folder)).toEqual(outcomeOf(unbroken));
}, 240_000);

test('a signal under --json: exit code 130, and each line of stdout is an event', async () => {
  const folder = path.join(scratchFolder(), 'run');
  const ended = await trainInProcess(folder, changes, {
    onLine: (line, kill) => line.includes('"event":"step","step":3') && kill('SIGINT'),
  });
  expect(ended.status, ended.stderr).toBe(130);
  const events = eventsOf(ended);
  const last = events.at(-1);
  expect(last).toMatchObject({ event: 'ended', ending: 'SIGINT' });
  expect(events.at(-2)).toMatchObject({ event: 'checkpoint', step: (last as { step: number }).step });
  expect(readStatus(folder)).toMatchObject({ state: 'interrupted', exitCode: 130 });

  // Another training: the last line says what is wrong.
  const rejected = await trainInProcess(folder, { ...changes, optimizer: { clipNorm: 1 } });
  expect(rejected.status).toBe(6);
  expect(eventsOf(rejected).at(-1)).toMatchObject({ error: { code: 6 } });
}, 240_000);

test('without a terminal: plain lines, no control codes, and a summary with all paths', async () => {
  const folder = path.join(scratchFolder(), 'run');
  const ended = await trainInProcess(folder, changes, { flags: [], env: { CI: '1' } });
  expect(ended.status, ended.stderr).toBe(0);

  expect(ended.stdout + ended.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]|NaN|undefined/u);
  expect(ended.stderr).toMatch(/^training 12\/12 100% eta 0s loss \d\.\d+, best dice 0\.\d+, epoch 2\.5, /mu);
  expect(ended.stderr).toMatch(
    /^step 10: dice 0\.\d{4}, (the best so far|best 0\.\d{4} at step 5) \(accuracy 0\.\d+, 0 s\)$/mu,
  );
  expect(ended.stdout).toMatch(/^best {8}dice 0\.\d{4} at step \d+: .*step-0000000\d\d$/mu);
  expect(ended.stdout).toContain(`next        nucleate runs show ${folder}\n`);
}, 240_000);
