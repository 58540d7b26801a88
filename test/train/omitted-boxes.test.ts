import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { TrainEvent } from '../../src/train/events.js';
import { readMetrics } from '../../src/run/logs/metrics.js';
import { runFiles } from '../../src/run/run-folder.js';
import { scratchFolder } from '../run/scratch.js';
import { useTinyRuns } from './tiny-run.js';

const train = useTinyRuns();
const changes = { budget: { steps: 4 }, validation: { everySteps: 100 } };

const warningsOf = (events: readonly TrainEvent[]) =>
  events.flatMap((event) => (event.event === 'warning' ? [event.text] : []));

/** The count of each step in metrics.jsonl. */
const omittedOf = (folder: string) =>
  readMetrics(runFiles(folder).metrics)
    .records.filter(({ kind }) => kind === 'train')
    .map(({ omittedBoxes }) => omittedBoxes);

test('nuclei beyond loader.maxBoxes are counted at each step, with one warning', async () => {
  const folder = path.join(scratchFolder(), 'run');
  // Crops of 32 px show a few nuclei each.
  const events = await train(folder, { ...changes, loader: { maxBoxes: 1 } });
  const omitted = omittedOf(folder);
  expect(omitted).toHaveLength(4);
  expect(omitted.filter((count) => Number(count) > 0).length).toBeGreaterThan(1);
  const warnings = warningsOf(events);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(
    /^\d+ nuclei in the crops of step \d exceed loader\.maxBoxes .* raise loader\.maxBoxes to keep them/u,
  );
  expect(readFileSync(runFiles(folder).log, 'utf8')).toContain(warnings[0]);
});

test('no warning if all nuclei fit', async () => {
  const folder = path.join(scratchFolder(), 'run');
  expect(warningsOf(await train(folder, changes))).toEqual([]);
  expect(omittedOf(folder)).toEqual([0, 0, 0, 0]);
});
