import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { makeFolders } from '../make-folders.js';
import type { TaskConfig, TrainRequest } from './train-request.js';
import type { StopSignal } from './ending.js';
import type { CheckpointSaved, StepDone, TrainEvent, ValidationDone } from './events.js';
import { inspectCheckpoint } from '../run/checkpoints/read.js';
import { writeError } from '../run/durable-files.js';
import { trainRun } from './train-run.js';
import { readTrainingData } from '../data/loader/training-data.js';

/** What a whole run will need, estimated from a few steps. */
export interface Forecast {
  /** ms of a step, and of waiting for its batch. */
  readonly stepMs: number;
  readonly dataMs: number;
  readonly validationSeconds: number;
  readonly checkpointSeconds: number;
  /** Bytes of one checkpoint, and of all checkpoints that are on the disk at once. */
  readonly checkpointBytes: number;
  readonly diskBytes: number;
  /** Peak main memory of this process, bytes. */
  readonly memoryBytes: number;
  /** Minutes of all steps, validations and checkpoints; null for a run without a limit of steps. */
  readonly minutes: number | null;
}

/** The first is not measured: it includes one-time preparation. */
const steps = 3;

/**
 * Tries all parts of a run: a few steps, a validation of the whole fold, a checkpoint, and resuming from it for one step.
 * Leaves no files behind.
 *
 * @returns Undefined if a signal stopped it.
 * @throws {NucleateError} As {@link trainRun}.
 */
export async function dryRun<C extends TaskConfig>(
  request: Omit<TrainRequest<C>, 'place' | 'data'>,
): Promise<Forecast | undefined> {
  const { config, stop } = request;
  const folder = makeFolder(config.run.folder);
  const events: TrainEvent[] = [];
  try {
    const data = await readTrainingData(config.data, { seed: config.seed, onImage: request.onImage });
    const budget = (steps: number) => ({ steps, minutes: 0, patience: 0 });
    const first = await trainRun({
      ...request,
      config: { ...config, budget: budget(steps) },
      place: { kind: 'new', folder, configText: '', resolvedText: '' },
      data,
      onEvent: (event) => void events.push(event),
    });
    if (first.ending !== 'steps') return undefined;

    const enough = new AbortController();
    await trainRun({
      ...request,
      config: { ...config, budget: budget(0) },
      place: { kind: 'resume', folder, forceUnlock: false, resolvedText: '' },
      data,
      stop: AbortSignal.any([stop, enough.signal]),
      onEvent: ({ event }) => event === 'step' && enough.abort('SIGTERM' satisfies StopSignal),
    });
    return stop.aborted ? undefined : await forecast(config, events);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeFolder(runs: string): string {
  try {
    makeFolders(runs);
    return mkdtempSync(path.join(runs, '.dry-run-'));
  } catch (error) {
    throw writeError(error, runs);
  }
}

async function forecast(config: TaskConfig, events: readonly TrainEvent[]): Promise<Forecast> {
  const done = events.filter((event): event is StepDone => event.event === 'step').slice(1);
  const validation = events.findLast((event): event is ValidationDone => event.event === 'validation')!;
  const checkpoint = events.findLast((event): event is CheckpointSaved => event.event === 'checkpoint')!;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const stepMs = mean(done.map((step) => step.stepMs));
  const dataMs = mean(done.map((step) => step.dataMs));
  const { files } = await inspectCheckpoint(checkpoint.folder);
  const checkpointBytes = Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0);

  const { budget, validation: validations, checkpoints } = config;
  const perStep =
    (stepMs + dataMs) / 1000 +
    validation.seconds / validations.everySteps +
    checkpoint.seconds / checkpoints.everySteps;
  return {
    stepMs,
    dataMs,
    validationSeconds: validation.seconds,
    checkpointSeconds: checkpoint.seconds,
    checkpointBytes,
    // Besides the newest, the best one and the one that is being written.
    diskBytes: (checkpoints.keepLast + 2) * checkpointBytes,
    memoryBytes: 1024 * process.resourceUsage().maxRSS,
    minutes: budget.steps > 0 ? (budget.steps * perStep) / 60 : null,
  };
}
