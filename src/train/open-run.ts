import { existsSync } from 'node:fs';
import path from 'node:path';
import type { TrainingConfig } from '../config/training.js';
import { describeData, readTrainingData, type TrainingData } from '../data/loader/training-data.js';
import { splitText } from '../data/split/split-file.js';
import { exitCodes, NucleateError, type Problem } from '../errors.js';
import { stepsIn } from '../run/checkpoints/folders.js';
import { requireSameTraining } from '../run/checkpoints/compatible.js';
import { type LoadedCheckpoint, loadNewestCheckpoint } from '../run/checkpoints/read.js';
import type { Origin } from '../run/checkpoints/write.js';
import { replaceSynced } from '../run/durable-files.js';
import { lockRun } from '../run/lock/lock.js';
import { metricNamesText } from '../run/metric-names.js';
import { type RecordedStart, recordedStart } from '../run/recorded-start.js';
import { createRunFolder, runFiles } from '../run/run-folder.js';
import { historyOf, validationSeen } from './history.js';
import type { InitFromOptions } from './init-from.js';
import { describeEnvironment, gitState, originOf } from './origin.js';
import type { Task } from './task.js';
import type { RunPlace, TaskConfig, TrainRequest } from './train-request.js';

/** A run folder that this process has locked, and the task that is trained in it. */
export interface OpenRun {
  readonly folder: string;
  readonly task: Task;
  readonly data: TrainingData;
  /** Goes into each checkpoint: config, dataset, versions and commit. */
  readonly origin: Origin;
  /** The checkpoint that a resumed run continues from. */
  readonly checkpoint?: LoadedCheckpoint;
  /** What a run without a checkpoint takes its weights from. */
  readonly init?: InitFromOptions | undefined;
  /** Settings and versions of a resumed run that differ from its checkpoint's. */
  readonly changes: readonly Problem[];
}

/** Settings that may differ between a resumed run and its checkpoint: none of them changes a number of the training. */
const mayChange = [
  'budget',
  'validation',
  'checkpoints',
  'run',
  'loader.workers',
  'loader.timeoutSeconds',
  'scoring.detector',
  'scoring.images',
  // The hash of the dataset is compared instead.
  'data.path',
  'data.more',
  'data.labels',
  'data.split',
];

/**
 * Opens a new run or one to resume, does the work, and closes the run: the lock is released and the task disposed,
 * whether the work succeeds or fails.
 *
 * @throws {NucleateError} Exit code 2 if there is nothing left to train, 3 for data that cannot be used, 6 for
 *   checkpoints that are damaged or of another training, 7 if another process holds the folder, 8 if it cannot be
 *   written.
 */
export function withRun<C extends TaskConfig, Result>(
  request: TrainRequest<C>,
  work: (run: OpenRun) => Promise<Result>,
): Promise<Result> {
  return request.place.kind === 'new'
    ? withNewRun(request, request.place, work)
    : withResumedRun(request, request.place, work);
}

async function withNewRun<C extends TaskConfig, Result>(
  request: TrainRequest<C>,
  { folder: wanted, configText, resolvedText, init }: RunPlace & { kind: 'new' },
  work: (run: OpenRun) => Promise<Result>,
): Promise<Result> {
  const { config, runtime, mode } = request;
  const data = request.data ?? (await dataOf(request));
  for (const { what, hint = '' } of data.warnings)
    request.onEvent({ event: 'warning', text: `${what} ${hint}`.trim() });
  const task = await request.createTask(config, data, { mode });
  try {
    const where =
      wanted === undefined ? { runs: config.run.folder, name: config.run.name, now: new Date() } : wanted;
    const folder = createRunFolder(where, {
      config: configText,
      resolvedConfig: resolvedText,
      environment: {
        ...describeEnvironment(runtime, mode, config.seed),
        initFrom: init?.from ?? null,
        init: recordOf(init),
      },
      git: gitState(),
      dataset: describeData(config.data, data),
      split: data.split && splitText(data.split),
      metricNames: metricNamesText(task),
    });
    const origin = originOf(config, data, runtime, mode, historyOf(data, init?.from));
    if (init) warnOfSeen(data, init.from, request);
    return await withLock(request, folder, false, () =>
      work({ folder, task, data, origin, init, changes: [] }),
    );
  } finally {
    task.dispose();
  }
}

function withResumedRun<C extends TaskConfig, Result>(
  request: TrainRequest<C>,
  { folder, forceUnlock, resolvedText, recorded = request.config }: RunPlace & { kind: 'resume' },
  work: (run: OpenRun) => Promise<Result>,
): Promise<Result> {
  const { config, runtime, mode, onEvent } = request;
  return withLock(request, folder, forceUnlock, async () => {
    const files = runFiles(folder);
    const { checkpoints, resolvedConfig, metricNames } = files;
    // A run that died before its first checkpoint begins again, with the config and the data that it recorded.
    const hasCheckpoint = (await stepsIn(checkpoints)).length > 0;
    const checkpoint = hasCheckpoint
      ? await loadNewestCheckpoint(checkpoints, ({ what, where }) =>
          onEvent({ event: 'warning', text: `${what} (${where})` }),
        )
      : undefined;
    if (checkpoint) requireWorkLeft(config, checkpoint);
    const start = recordedStart(folder);
    const trained = checkpoint?.manifest.dataset ?? start.dataset;
    const data = request.data ?? (await dataOfRun(request, files, trained));
    const from = start.init?.from ?? start.initFrom ?? undefined;
    const history = checkpoint ? checkpoint.manifest.history : historyOf(data, from);
    const origin = originOf(config, data, runtime, mode, history);
    const saved = checkpoint?.manifest ?? {
      ...origin,
      config: JSON.parse(JSON.stringify(recorded)) as Origin['config'],
      dataset: trained ?? origin.dataset,
    };
    const changes = requireSameTraining(saved, origin, mayChange, checkpoint?.folder ?? folder);
    if (changes.length > 0) await replaceSynced(resolvedConfig, resolvedText);
    const task = await request.createTask(config, data, { mode });
    try {
      // A run of an older nucleate has no such file.
      await replaceSynced(metricNames, metricNamesText(task));
      const begin = checkpoint ? { checkpoint } : { init: recordedInit(start, folder) };
      return await work({ folder, task, data, origin, changes, ...begin });
    } finally {
      task.dispose();
    }
  });
}

/** What `env.json` says of the weights that a run begins with. */
const recordOf = (init: InitFromOptions | undefined) =>
  init ? { widen: false, ...init, from: path.resolve(init.from) } : null;

/** Where the weights came from of a run that died before its first checkpoint. */
function recordedInit({ init, initFrom }: RecordedStart, folder: string): InitFromOptions | undefined {
  if (init) return init;
  if (init === null || !initFrom) return undefined;
  throw new NucleateError({
    what: `The run began with the weights of ${initFrom} and has no checkpoint; with which options is not recorded.`,
    where: folder,
    hint: 'Delete the folder and begin again with --config and --init-from.',
    exitCode: exitCodes.checkpoint,
  });
}

const dataOf = <C extends TaskConfig>({ config: { data, seed }, onImage }: TrainRequest<C>) =>
  readTrainingData(data, { seed, onImage });

/** Says whether the validation says little, because the weights that the run begins from know its images. */
function warnOfSeen<C extends TaskConfig>(
  data: TrainingData,
  from: string,
  { onEvent }: TrainRequest<C>,
): void {
  const seen = validationSeen(data, from);
  if (seen === 0 || !data.unseen) return;
  const text =
    `${seen} of ${data.validation.length} validation images trained the network that this run begins from: ` +
    'its scores are optimistic.';
  onEvent({ event: 'warning', text });
}

/** The data of a run to resume: a split that was drawn for it is in its folder. */
function dataOfRun<C extends TaskConfig>(
  { config: { data, seed }, onImage }: TrainRequest<C>,
  { split: drawn }: ReturnType<typeof runFiles>,
  trained: string | undefined,
) {
  const split = data.split === 'none' && existsSync(drawn) ? drawn : data.split;
  return readTrainingData({ ...data, split }, { seed, trained, onImage });
}

async function withLock<C extends TaskConfig, Result>(
  { onEvent }: TrainRequest<C>,
  folder: string,
  force: boolean,
  work: () => Promise<Result>,
): Promise<Result> {
  const lock = lockRun(folder, { force, onTakeover: (text) => onEvent({ event: 'notice', text }) });
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** Rejects a run whose budget is used up. */
function requireWorkLeft({ budget }: TrainingConfig, { folder, state, manifest }: LoadedCheckpoint): void {
  const { step, validationsSinceBest } = state;
  const nothingLeft = (why: string, hint: string) =>
    new NucleateError({
      what: `Nothing is left to do: ${why}.`,
      where: folder,
      hint,
      exitCode: exitCodes.usage,
    });
  // A checkpoint without a score was saved before the last validation, which is still to be done.
  if (budget.steps > 0 && step >= budget.steps && manifest.score !== null)
    throw nothingLeft(
      `the run has done ${step} of ${budget.steps} steps`,
      `Train for more steps: --set budget.steps=${2 * step}.`,
    );
  if (budget.patience > 0 && validationsSinceBest >= budget.patience)
    throw nothingLeft(
      `the last ${validationsSinceBest} validations did not improve the score`,
      'Train on regardless: --set budget.patience=0.',
    );
}
