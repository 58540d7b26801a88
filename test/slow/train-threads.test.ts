import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { scratchFolder } from '../run/scratch.js';
import { runFiles } from '../../src/run/run-folder.js';
import { eventsOf, type TinyEnded, trainInProcess } from '../train/tiny-process.js';
import { outcomeOf } from '../train/tiny-run.js';

const changes = { budget: { steps: 6 }, validation: { everySteps: 4 }, checkpoints: { everySteps: 2 } };
const half = { ...changes, budget: { steps: 4 } };

const threadsOf = (folder: string) =>
  (JSON.parse(readFileSync(runFiles(folder).environment, 'utf8')) as { threads: number }).threads;

const warnings = (ended: TinyEnded) =>
  eventsOf(ended).flatMap((event) => (event.event === 'warning' ? [event.text] : []));

test('a resumed run keeps its number of threads, or says that the weights will differ', async () => {
  const train = (folder: string, steps: typeof changes, threads?: string) =>
    trainInProcess(folder, steps, {
      // Empty: not set, as for a user.
      within: [
        'env',
        ...(threads === undefined ? ['-u', 'TF_NUM_INTRAOP_THREADS'] : [`TF_NUM_INTRAOP_THREADS=${threads}`]),
      ],
    });
  const [unbroken, kept, changed] = ['unbroken', 'kept', 'changed'].map((name) =>
    path.join(scratchFolder(), name),
  ) as [string, string, string];
  for (const [folder, steps] of [
    [unbroken, changes],
    [kept, half],
    [changed, half],
  ] as const) {
    const ended = await train(folder, steps, '1');
    expect(ended.status, ended.stderr).toBe(0);
    expect(threadsOf(folder)).toBe(1);
  }
  // Nothing is asked for: one thread again, on a machine with any number of cores, and the same weights.
  const resumed = await train(kept, changes);
  expect(resumed.status, resumed.stderr).toBe(0);
  expect(warnings(resumed)).toEqual([]);
  expect(outcomeOf(kept).hashes).toEqual(outcomeOf(unbroken).hashes);

  const other = await train(changed, changes, '3');
  expect(other.status, other.stderr).toBe(0);
  expect(other.stdout).toContain('The run was trained with 1 threads and goes on with 3');
});
