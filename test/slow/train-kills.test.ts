import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomFor } from '../../src/random.js';
import { loadNewestCheckpoint } from '../../src/run/checkpoints/read.js';
import { runFiles } from '../../src/run/run-folder.js';
import { outcomeOf, useTinyRuns } from '../train/tiny-run.js';
import { eventsOf, trainInProcess } from '../train/tiny-process.js';
import { scratchFolder } from '../run/scratch.js';

const train = useTinyRuns();

const changes = {
  budget: { steps: 24 },
  validation: { everySteps: 7 },
  checkpoints: { everySteps: 5, keepLast: 2 },
};
const withWorkers = (workers: number) => ({ ...changes, loader: { workers } });

const root = mkdtempSync(path.join(tmpdir(), 'nucleate-kills-'));
const unbroken = path.join(root, 'run');
/** The writes of the run that is not killed, by the step of their checkpoint. */
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

test('every kind of write of a checkpoint that deletes an older one', async () => {
  // Of step 15, whose two newest are 14 and 15 and whose best is 7: 10 goes.
  const points = new Map<string, number>();
  for (const [index, write] of writes.entries())
    if (write.startsWith('15: ') && !points.has(write)) points.set(write, index + 1);
  expect([...points.keys()]).toEqual(
    expect.arrayContaining(['15: sync manifest.json', '15: rename the folder', '15: delete an old one']),
  );
  let workers = 0;
  for (const [what, count] of points) {
    const folder = path.join(scratchFolder(), 'run');
    const killed = await trainInProcess(folder, withWorkers(workers), {
      atWrite: { count, signal: 'SIGKILL' },
    });
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    const { checkpoints } = runFiles(folder);
    const { state } = await loadNewestCheckpoint(checkpoints, ({ what }) => expect.fail(what));
    expect([14, 15], what).toContain(state.step);

    workers = 2 - workers;
    const resumed = await trainInProcess(folder, withWorkers(workers));
    expect(resumed.status, resumed.stderr).toBe(0);
    expect(outcomeOf(folder), what).toEqual(outcomeOf(unbroken));
  }
});
