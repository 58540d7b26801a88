import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runFiles } from '../../src/run/run-folder.js';
import { recordedStart } from '../../src/run/recorded-start.js';
import type { TrainEvent } from '../../src/train/events.js';
import { scratchFolder } from '../run/scratch.js';
import { outcomeOf, useTinyRuns, type TinyRunOptions } from './tiny-run.js';
import { tinyConfig } from './tiny-task.js';

const train = useTinyRuns();
const changes = { budget: { steps: 4 }, checkpoints: { everySteps: 2, keepLast: 9 } };

/** A run whose process ends while it writes its first checkpoint. */
async function diesEarly(folder: string, options: TinyRunOptions = {}) {
  const afterWrite = () => {
    throw new Error('killed');
  };
  await expect(train(folder, changes, { ...options, afterWrite })).rejects.toThrow('killed');
  expect(readdirSync(runFiles(folder).checkpoints)).toEqual([]);
}

test('a run that died before its first checkpoint is resumed from step 0, to the bit', async () => {
  const [unbroken, broken] = [path.join(scratchFolder(), 'a'), path.join(scratchFolder(), 'b')];
  await train(unbroken, changes);
  await diesEarly(broken);
  const events = await train(broken, changes);
  expect(events.find(({ event }) => event === 'started')).toMatchObject({ step: 0, resumed: false });
  expect(outcomeOf(broken)).toEqual(outcomeOf(unbroken));

  // The same with the weights of another run, which are named in its records alone.
  const [first, second] = [path.join(scratchFolder(), 'c'), path.join(scratchFolder(), 'd')];
  const place = (folder: string) => ({
    ...{ kind: 'new' as const, folder, configText: '', resolvedText: '' },
    init: { from: path.relative('.', unbroken), allowPartial: false },
  });
  await train(first, changes, { place: place(first) });
  await diesEarly(second, { place: place(second) });
  expect(recordedStart(second).init).toEqual({ from: unbroken, allowPartial: false, widen: false });
  await train(second, changes);
  expect(outcomeOf(second)).toEqual(outcomeOf(first));
  expect(outcomeOf(second)).not.toEqual(outcomeOf(unbroken));
});

test('such a run goes on only with the config and the data that it recorded', async () => {
  const folder = path.join(scratchFolder(), 'run');
  await diesEarly(folder);
  const resume = (recorded: object) =>
    train(folder, changes, {
      place: { kind: 'resume', folder, forceUnlock: false, resolvedText: '', recorded },
    });
  await expect(resume({ ...tinyConfig(changes), seed: 77 })).rejects.toMatchObject({
    exitCode: 6,
    problems: [{ what: expect.stringMatching(/^seed was 77 and is /u) as string }],
  });
});

test('a status that cannot be written is a warning, and the first error is the one that is thrown', async () => {
  const folder = path.join(scratchFolder(), 'run');
  const events: TrainEvent[] = [];
  const failing = train(folder, changes, {
    stopAt: (event) => void events.push(event),
    afterWrite: () => {
      const { status } = runFiles(folder);
      rmSync(status);
      mkdirSync(path.join(status, 'in-the-way'), { recursive: true });
      throw new Error('the real error');
    },
  });
  await expect(failing).rejects.toThrow('the real error');
  expect(events).toContainEqual({
    event: 'warning',
    text: expect.stringMatching(/^status\.json cannot be written: /u) as string,
  });
});
