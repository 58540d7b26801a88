import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startRuntime } from '../../src/engine/runtime.js';
import { dryRun } from '../../src/train/dry-run.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { scratchFolder } from '../run/scratch.js';
import { createTinyTask, tinyConfig } from './tiny-task.js';

useNativeCpu();

const request = async (runs: string, stop = new AbortController().signal) => ({
  config: tinyConfig({
    run: { folder: runs },
    budget: { steps: 600 },
    validation: { everySteps: 100 },
    checkpoints: { everySteps: 50, keepLast: 3 },
  }),
  createTask: createTinyTask,
  runtime: await startRuntime('cpu'),
  mode: 'compiled' as const,
  stop,
  onEvent: () => {},
});

test('a dry run tries all parts, forecasts the whole run, and leaves no files', async () => {
  const runs = path.join(scratchFolder(), 'runs');
  const forecast = (await dryRun(await request(runs)))!;
  expect(readdirSync(runs)).toEqual([]);
  const { stepMs, dataMs, validationSeconds, checkpointSeconds, checkpointBytes, diskBytes, minutes } =
    forecast;
  // 881 weights, twice as averages and thrice as slots, and 32 statistics; 4 bytes each, and headers.
  expect(checkpointBytes).toBeGreaterThan(4 * (4 * 881 + 32));
  expect(diskBytes).toBe(5 * checkpointBytes);
  const seconds = (600 * (stepMs + dataMs)) / 1000 + 6 * validationSeconds + 12 * checkpointSeconds;
  expect(minutes).toBeCloseTo(seconds / 60, 6);
});

test('a signal ends a dry run without a forecast', async () => {
  const runs = scratchFolder();
  mkdirSync(runs, { recursive: true });
  expect(await dryRun(await request(runs, AbortSignal.abort('SIGINT')))).toBeUndefined();
  expect(readdirSync(runs)).toEqual([]);
});
