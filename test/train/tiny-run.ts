import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll } from 'vitest';
import type { CreateTask, TrainRequest } from '../../src/train/train-request.js';
import type { StopSignal } from '../../src/train/ending.js';
import type { Runtime } from '../../src/engine/runtime.js';
import { startRuntime } from '../../src/engine/runtime.js';
import type { TrainEvent } from '../../src/train/events.js';
import { checkpointFiles, stateFile } from '../../src/run/checkpoints/manifest.js';
import { readMetrics } from '../../src/run/logs/metrics.js';
import { runFiles } from '../../src/run/run-folder.js';
import { trainRun } from '../../src/train/train-run.js';
import { readTrainingData, type TrainingData } from '../../src/data/loader/training-data.js';
import { createTinyTask, tinyConfig, type TinyChanges, type TinyConfig } from './tiny-task.js';

export interface TinyRunOptions extends Partial<Omit<TrainRequest<TinyConfig>, 'onEvent' | 'config'>> {
  readonly createTask?: CreateTask<TinyConfig>;
  /** Whether the run reads the data itself. */
  readonly ownData?: boolean;
  /** Called with each event; what it returns stops the training. */
  readonly stopAt?: (event: TrainEvent) => StopSignal | false | undefined;
}

/** For a test file that trains the tiny task in its own process. */
export function useTinyRuns() {
  let runtime: Runtime;
  const read = new Map<string, Promise<TrainingData>>();
  /** Read once for all runs of the file: reading takes longer than training. */
  const dataOf = ({ data, seed }: TinyConfig) => {
    const key = JSON.stringify([data, seed]);
    const known = read.get(key) ?? readTrainingData(data, { seed });
    read.set(key, known);
    return known;
  };
  beforeAll(async () => {
    runtime = await startRuntime('cpu');
  }, 120_000);

  /** Trains in `folder`, or continues the run there; returns its events. */
  return async (folder: string, changes: TinyChanges = {}, options: TinyRunOptions = {}) => {
    const { stopAt, ownData = false, ...others } = options;
    const stop = new AbortController();
    const events: TrainEvent[] = [];
    const text = JSON.stringify(changes);
    const config = tinyConfig(changes);
    await trainRun({
      config,
      ...(!ownData && { data: await dataOf(config) }),
      createTask: createTinyTask,
      place: existsSync(runFiles(folder).config)
        ? { kind: 'resume', folder, forceUnlock: false, resolvedText: text }
        : { kind: 'new', folder, configText: text, resolvedText: text },
      runtime,
      mode: 'compiled',
      stop: stop.signal,
      ...others,
      onEvent: (event) => {
        events.push(event);
        const signal = stopAt?.(event);
        if (signal) stop.abort(signal);
      },
    });
    return events;
  };
}

const wallTimes = ['stepMs', 'dataMs', 'memoryMiB', 'seconds'];

/** All of a run that depends only on its seed: the bytes of its last checkpoint's tensors, its metrics, its state. */
export function outcomeOf(folder: string) {
  const { checkpoints, metrics } = runFiles(folder);
  const read = (file: string) => readFileSync(path.join(checkpoints, file));
  const last = read('latest').toString().trim();
  const hashes = checkpointFiles
    .filter((file) => file !== stateFile)
    .map((file) => [
      file,
      createHash('sha256')
        .update(read(`${last}/${file}`))
        .digest('hex'),
    ]);
  const { seconds, logBytes, ...state } = JSON.parse(read(`${last}/${stateFile}`).toString()) as Record<
    string,
    unknown
  >;
  void seconds;
  void logBytes;
  return {
    hashes: Object.fromEntries(hashes) as Record<string, string>,
    state,
    records: readMetrics(metrics).records.map((record) =>
      Object.fromEntries(Object.entries(record).filter(([name]) => !wallTimes.includes(name))),
    ),
    best: read('best').toString(),
    checkpoints: readdirSync(checkpoints).sort(),
  };
}
