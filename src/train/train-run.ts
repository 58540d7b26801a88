import type { Mode } from '../engine/step.js';
import type { DetectionLoader, SegmentationLoader } from '../config/loader.js';
import type { TrainingConfig } from '../config/training.js';
import { batches } from '../data/loader/batches.js';
import type { BatchOf, Recipe } from '../data/loader/batch-maker.js';
import { requireTraining, type Runtime } from '../engine/runtime.js';
import { exitCodes, NucleateError, type Problem } from '../errors.js';
import { tf } from '../tf.js';
import type { RunEnded, TrainEvent } from './events.js';
import { describeEnvironment, gitState, originOf } from './origin.js';
import { requireSameTraining } from '../run/checkpoints/compatible.js';
import { prepareCheckpoints } from '../run/checkpoints/keep.js';
import { type LoadedCheckpoint, loadNewestCheckpoint } from '../run/checkpoints/read.js';
import type { TrainingState } from '../run/checkpoints/state.js';
import { type AfterWrite, replaceSynced } from '../run/durable-files.js';
import { lockRun } from '../run/lock/lock.js';
import { createRunFolder, runFiles } from '../run/run-folder.js';
import { initialTensors, type InitFromOptions } from './init-from.js';
import { withinMemory } from './out-of-memory.js';
import { RunLog } from './run-log.js';
import { StatusWriter } from './status-writer.js';
import { fromStored } from '../models/stored-tensors.js';
import type { Task } from './task.js';
import { describeData, readTrainingData, type TrainingData } from '../data/loader/training-data.js';
import { TrainingLoop } from './training-loop.js';
import { createTrainingStep, type TrainingStep } from './training-step.js';

/** A resolved config of a task that is trained. */
export type TaskConfig = TrainingConfig & {
  readonly task: string;
  readonly loader: DetectionLoader | SegmentationLoader;
};

/** Where a run is written, and what it begins with. */
export type RunPlace =
  | {
      readonly kind: 'new';
      /** To be made; without it a folder is made in `run.folder` of the config, named by `run.name` and the time. */
      readonly folder?: string | undefined;
      /** The config as the user has written it, and as it was understood; YAML. */
      readonly configText: string;
      readonly resolvedText: string;
      /** Whose weights it begins with; absent for those that the seed draws. */
      readonly init?: InitFromOptions | undefined;
    }
  | {
      readonly kind: 'resume';
      readonly folder: string;
      readonly forceUnlock: boolean;
      /** The config as it is now, which may differ where it does not matter. */
      readonly resolvedText: string;
    };

/** @param options.mode Of its steps: validation runs in the same one. */
export type CreateTask<C extends TaskConfig> = (
  config: C,
  data: TrainingData,
  options: { mode: Mode },
) => Task | Promise<Task>;

export interface TrainRequest<C extends TaskConfig> {
  readonly config: C;
  readonly createTask: CreateTask<C>;
  readonly place: RunPlace;
  /** Of the config; read here without it. */
  readonly data?: TrainingData;
  readonly runtime: Runtime;
  readonly mode: Mode;
  /** Aborted, with a `StopSignal` as the reason, it ends the training after the step, with a checkpoint. */
  readonly stop: AbortSignal;
  readonly onEvent: (event: TrainEvent) => void;
  /** Told how many images are read. */
  readonly onImage?: (done: number, total: number) => void;
  /** Told of each step of writing a checkpoint; tests end the process there. */
  readonly afterWrite?: AfterWrite;
}

/** What a resumed run may have otherwise than its checkpoint: nothing of it changes a number of the training. */
const mayChange = [
  ...['budget', 'validation', 'checkpoints', 'run', 'loader.workers', 'loader.timeoutSeconds'],
  ...['scoring.detector', 'scoring.images'],
  // What they lead to is compared by its hash.
  ...['data.path', 'data.labels', 'data.split'],
];

/**
 * Trains a task in a new run folder, or goes on with a run as if it had never stopped.
 *
 * A batch depends on the seed and the count of draws, what is drawn within a step on the seed and the step, and all
 * else that changes is in the checkpoint; so the end is the same to the bit however often the run was interrupted.
 *
 * @throws {NucleateError} Exit code 2 if there is nothing to resume, 3 for data that cannot be used, 4 without memory,
 *   5 if the training diverges, 6 for checkpoints that are damaged or of another training, 7 if another process holds
 *   the folder, 8 if it cannot be written, 9 without native TensorFlow.
 */
export async function trainRun<C extends TaskConfig>(request: TrainRequest<C>): Promise<RunEnded> {
  requireTraining(request.runtime);
  const began = performance.now();
  return request.place.kind === 'new'
    ? startRun(request, request.place, began)
    : resumeRun(request, request.place, began);
}

async function startRun<C extends TaskConfig>(
  request: TrainRequest<C>,
  { folder: wanted, configText, resolvedText, init }: RunPlace & { kind: 'new' },
  began: number,
): Promise<RunEnded> {
  const { config, runtime, mode } = request;
  const data = await dataOf(request);
  const task = await request.createTask(config, data, { mode });
  try {
    const where =
      wanted === undefined ? { runs: config.run.folder, name: config.run.name, now: new Date() } : wanted;
    const folder = createRunFolder(where, {
      config: configText,
      resolvedConfig: resolvedText,
      environment: { ...describeEnvironment(runtime, mode, config.seed), initFrom: init?.from ?? null },
      git: gitState(),
      dataset: describeData(config.data, data),
    });
    return await locked(request, folder, false, () => train(request, { task, data, folder, began, init }));
  } finally {
    task.dispose();
  }
}

function resumeRun<C extends TaskConfig>(
  request: TrainRequest<C>,
  { folder, forceUnlock, resolvedText }: RunPlace & { kind: 'resume' },
  began: number,
): Promise<RunEnded> {
  const { config, runtime, onEvent } = request;
  return locked(request, folder, forceUnlock, async () => {
    const { checkpoints, resolvedConfig } = runFiles(folder);
    const checkpoint = await loadNewestCheckpoint(checkpoints, ({ what, where }) =>
      onEvent({ event: 'warning', text: `${what} (${where})` }),
    );
    requireWork(config, checkpoint);
    const data = await dataOf(request);
    const origin = originOf(config, data, runtime, request.mode);
    const changes = requireSameTraining(checkpoint.manifest, origin, mayChange, checkpoint.folder);
    if (changes.length > 0) await replaceSynced(resolvedConfig, resolvedText);
    const task = await request.createTask(config, data, { mode: request.mode });
    try {
      return await train(request, { task, data, folder, began, checkpoint, changes });
    } finally {
      task.dispose();
    }
  });
}

const dataOf = <C extends TaskConfig>({ config, data, onImage }: TrainRequest<C>) =>
  data ?? readTrainingData(config.data, config.seed, onImage);

async function locked<C extends TaskConfig>(
  { onEvent }: TrainRequest<C>,
  folder: string,
  force: boolean,
  work: () => Promise<RunEnded>,
): Promise<RunEnded> {
  const lock = lockRun(folder, { force, onTakeover: (text) => onEvent({ event: 'notice', text }) });
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** Refuses a run that its own budget has ended. */
function requireWork({ budget }: TrainingConfig, { folder, state, manifest }: LoadedCheckpoint): void {
  const { step, validationsSinceBest } = state;
  const refuse = (what: string, hint: string) =>
    new NucleateError({ what, where: folder, hint, exitCode: exitCodes.usage });
  // Without a score, the last validation is left.
  if (budget.steps > 0 && step >= budget.steps && manifest.score !== null)
    throw refuse(
      `Nothing is left to do: the run has done ${step} of ${budget.steps} steps.`,
      `Give it more: --set budget.steps=${2 * step}.`,
    );
  if (budget.patience > 0 && validationsSinceBest >= budget.patience)
    throw refuse(
      `Nothing is left to do: ${validationsSinceBest} validations brought no better score.`,
      'Give it more patience: --set budget.patience=0.',
    );
}

interface RunParts {
  readonly task: Task;
  readonly data: TrainingData;
  readonly folder: string;
  readonly began: number;
  readonly checkpoint?: LoadedCheckpoint;
  readonly init?: InitFromOptions | undefined;
  /** What is otherwise than it was. */
  readonly changes?: readonly Problem[];
}

async function train<C extends TaskConfig>(request: TrainRequest<C>, parts: RunParts): Promise<RunEnded> {
  const { folder, checkpoint, changes = [] } = parts;
  const state = checkpoint?.state ?? newState;
  const log = new RunLog(folder, {
    step: state.step,
    metricsBytes: state.logBytes['metrics.jsonl'] ?? 0,
    now: () => new Date(),
    onTrouble: (text) => request.onEvent({ event: 'warning', text }),
  });
  const status = new StatusWriter(folder, new Date(), (text) => request.onEvent({ event: 'warning', text }));
  try {
    await status.write({ state: 'running', exitCode: null, message: null }, state);
    for (const { what } of changes) {
      log.line(what);
      request.onEvent({ event: 'notice', text: what });
    }
    await prepareCheckpoints(runFiles(folder).checkpoints, state.step);
    return await trainSteps(request, parts, { state, log, status });
  } catch (error) {
    const message = (error as Error).message;
    const exitCode = error instanceof NucleateError ? error.exitCode : exitCodes.internal;
    log.line(`failed (exit code ${exitCode}): ${message}`);
    await status.write({ state: 'failed', exitCode, message }, undefined);
    throw error;
  } finally {
    log.close();
  }
}

const newState: TrainingState = {
  step: 0,
  draws: 0,
  seconds: 0,
  random: {},
  best: null,
  validationsSinceBest: 0,
  logBytes: {},
};

async function trainSteps<C extends TaskConfig>(
  { config, runtime, mode, stop, onEvent, afterWrite }: TrainRequest<C>,
  { task, data, folder, began, checkpoint, init }: RunParts,
  { state, log, status }: { state: TrainingState; log: RunLog; status: StatusWriter },
): Promise<RunEnded> {
  const resumed = checkpoint !== undefined;
  const drawn = batches(task.recipe, state.draws);
  let step: TrainingStep<Recipe> | undefined;
  try {
    onEvent({
      event: 'notice',
      text: mode === 'compiled' ? 'compiling the step' : 'running the step eagerly',
    });
    const first = await firstBatches(drawn, config.optimizer.accumulate);
    step = withinMemory(task.recipe, () => createTrainingStep(task, { config, mode, batches: first }));
    if (checkpoint) restore(step, checkpoint);
    if (init) {
      const summary = await initialize(step, task, init, config.optimizer.emaDecay > 0);
      log.line(summary);
      onEvent({ event: 'notice', text: summary });
    }
    const started = {
      event: 'started' as const,
      ...{ folder, task: config.task, resumed, step: state.step },
      ...{ steps: config.budget.steps, minutes: config.budget.minutes },
      images: { train: data.train.length, validation: data.validation.length },
      weights: Object.values(task.weights.trainable).reduce((sum, { size }) => sum + size, 0),
      metricNames: task.metricNames,
    };
    log.line(`${resumed ? 'resumed at' : 'started at'} step ${state.step} on ${runtime.device}, ${mode}`);
    if (!data.unseen) log.line('the images that validate train as well: scores are not of unseen images');
    onEvent(started);
    const loop = new TrainingLoop(
      {
        ...{ task, step, log, folder, config, stop, began, onEvent, afterWrite },
        batches: startingWith(first, drawn),
        origin: originOf(config, data, runtime, mode),
        onState: (now) => status.update(now),
      },
      state,
      checkpoint?.manifest,
    );
    const ending = await loop.run();
    const { step: last, best, seconds } = loop.state;
    const ended = { event: 'ended' as const, ending, folder, step: last, best, seconds };
    log.line(`ended by ${ending} at step ${last}`);
    await status.write(statusOf(ended), loop.state);
    onEvent(ended);
    return ended;
  } finally {
    step?.dispose();
    await drawn.return(undefined as never);
  }
}

async function firstBatches<R extends Recipe>(
  drawn: AsyncIterator<BatchOf<R>>,
  count: number,
): Promise<BatchOf<R>[]> {
  const first: BatchOf<R>[] = [];
  while (first.length < count) first.push((await drawn.next()).value as BatchOf<R>);
  return first;
}

/** All batches, although some have been drawn before the step was made of them. */
async function* startingWith<R extends Recipe>(
  first: readonly BatchOf<R>[],
  drawn: AsyncIterable<BatchOf<R>>,
): AsyncGenerator<BatchOf<R>> {
  yield* first;
  yield* drawn;
}

function restore(step: TrainingStep<Recipe>, { tensors, folder }: LoadedCheckpoint): void {
  const { weights, ema, optimizer, statistics } = tensors;
  const loaded = {
    weights: fromStored(weights),
    ema: fromStored(ema),
    optimizer: fromStored(optimizer),
    statistics: fromStored(statistics),
  };
  try {
    step.write(loaded);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new NucleateError(
      {
        what: `The checkpoint does not fit the network: ${cause.message}.`,
        where: folder,
        hint: 'Resume with the version of nucleate that has written it.',
        exitCode: exitCodes.checkpoint,
      },
      { cause },
    );
  } finally {
    tf.dispose(loaded);
  }
}

/** @returns A sentence that counts the weights. */
async function initialize(
  step: TrainingStep<Recipe>,
  task: Task,
  init: InitFromOptions,
  averages: boolean,
): Promise<string> {
  const { tensors, summary } = await initialTensors(task, init, averages);
  step.write(tensors);
  tf.dispose(tensors);
  return summary;
}

/** 130 for Ctrl-C and so on, as shells have it. */
export const exitCodeOf = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

function statusOf({ ending }: RunEnded) {
  switch (ending) {
    case 'SIGINT':
    case 'SIGTERM':
    case 'SIGHUP':
      return { state: 'interrupted', exitCode: exitCodeOf[ending], message: `ended by ${ending}` } as const;
    case 'minutes':
      return {
        state: 'interrupted',
        exitCode: exitCodes.ok,
        message: 'the minutes of its budget are over',
      } as const;
    case 'steps':
    case 'patience':
      return { state: 'finished', exitCode: exitCodes.ok, message: null } as const;
  }
}
