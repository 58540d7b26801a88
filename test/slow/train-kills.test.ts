import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomFor } from '../../src/random.js';
import { prepareCheckpoints } from '../../src/train/run/checkpoints/keep.js';
import { loadNewestCheckpoint } from '../../src/train/run/checkpoints/read.js';
import { runFiles } from '../../src/train/run/run-folder.js';
import { outcomeOf, useTinyRuns } from '../train/tiny-run.js';
import { eventsOf, trainInProcess } from '../train/tiny-process.js';
import { scratchFolder } from '../train/run/scratch.js';

const train = useTinyRuns();

const changes = {
  budget: { steps: 24 },
  validation: { everySteps: 7 },
  checkpoints: { everySteps: 5, keepLast: 2 },
};
const withWorkers = (workers: number) => ({ ...changes, loader: { workers } });

const root = mkdtempSync(path.join(tmpdir(), 'nucleate-kills-'));
const unbroken = path.join(root, 'run');
/** What each write of the unbroken run was, by the step of its checkpoint. */
const writes: string[] = [];
beforeAll(async () => {
  let step = 0;
  await train(unbroken, changes, {
    stopAt: (event) => void (event.event === 'step' && (step = event.step)),
    afterWrite: (what) => void writes.push(`${step}: ${what}`),
  });
}, 120_000);
afterAll(() => rmSync(root, { recursive: true }));

const started = (outcome: Awaited<ReturnType<typeof trainInProcess>>) =>
  eventsOf(outcome).find((event) => event.event === 'started')!;

test('50 random instants, several in one run, with 0 and 2 workers', async () => {
  const random = randomFor(1, 'kills');
  let kills = 0;
  let runs = 0;
  for (; kills < 50; runs++) {
    const folder = path.join(scratchFolder(), 'run');
    // The first process of a run gets over its first checkpoint: without one there is nothing to resume.
    let from = 1;
    for (let processes = 0; ; processes++) {
      const killAt = from + random.integer(8);
      const afterMs = 40 * random.uniform();
      const ended = await trainInProcess(folder, withWorkers(2 * random.integer(2)), {
        onLine: (line, kill) => {
          const { event, step } = JSON.parse(line) as { event: string; step: number };
          // Some time after a step: in the next ones, a validation, or a checkpoint.
          if (event === 'step' && step === killAt) setTimeout(() => kill('SIGKILL'), afterMs);
        },
      });
      if (ended.signal === null) {
        expect(ended.status, ended.stderr).toBe(0);
        break;
      }
      expect(ended.signal).toBe('SIGKILL');
      kills++;
      from = started(ended).step + 1;
      if (processes > 8) from = 100;
    }
    expect(outcomeOf(folder), `run ${runs}`).toEqual(outcomeOf(unbroken));
  }
  expect(kills).toBeGreaterThanOrEqual(50);
});

test('every write point of a checkpoint that replaces and deletes older ones', async () => {
  const at = writes.findIndex((write) => write.startsWith('14: '));
  const end = writes.findIndex((write, index) => index > at && !write.startsWith('14: '));
  const kinds = writes.slice(at, end);
  expect(kinds).toEqual(
    expect.arrayContaining(['14: rename the folder', '14: sync manifest.json', '14: delete an old one']),
  );
  for (const [index, kind] of kinds.entries()) {
    const folder = path.join(scratchFolder(), 'run');
    const killed = await trainInProcess(folder, withWorkers(2 * (index % 2)), {
      atWrite: { count: at + index + 1, signal: 'SIGKILL' },
    });
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    const { checkpoints } = runFiles(folder);
    const { state } = await loadNewestCheckpoint(checkpoints, ({ what }) => expect.fail(what));
    expect([10, 14], kind).toContain(state.step);
    await prepareCheckpoints(checkpoints, state.step);

    const resumed = await trainInProcess(folder, withWorkers(2 - 2 * (index % 2)));
    expect(resumed.status, resumed.stderr).toBe(0);
    expect(outcomeOf(folder), kind).toEqual(outcomeOf(unbroken));
  }
});
