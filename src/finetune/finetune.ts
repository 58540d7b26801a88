/** Fine-tuning from top to bottom: read, score, measure, say what will be done, train both networks, pack, compare. */
import { existsSync, mkdtempSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { DatasetReading } from '../config/training.js';
import { readPlainText } from '../plain-file.js';
import { datasetOf } from '../data/loader/training-data.js';
import { writeSplit } from '../data/split/split-file.js';
import { multipliesBfloat16 } from '../engine/processor.js';
import { requireTraining } from '../engine/runtime.js';
import { exitCodes, NucleateError } from '../errors.js';
import type { ModelFolder } from '../model/model-folder.js';
import { writeError } from '../run/durable-files.js';
import { makeRunFolder } from '../run/run-folder.js';
import { lockRun } from '../run/lock/lock.js';
import type { StopSignal } from '../train/ending.js';
import { finishModel } from './finish-model.js';
import type { FinetuneDataset } from './finetune-data.js';
import type { FinetuneEnded } from './finetune-events.js';
import {
  type FinetuneOptions,
  type FinetuneProcess,
  type NewFinetuneOptions,
  processOf,
} from './finetune-options.js';
import { finetuneFiles, type FinetunePlan, readPlan, writePlan } from './finetune-plan.js';
import { chooseSteps, measureTrainings } from './finetune-time.js';
import { prepare, type Prepared, startedEvent } from './prepare.js';
import { fewestSteps } from './recipe.js';
import { detectorTraining, segmenterTraining, type StageTraining } from './stage-training.js';

/**
 * Makes a model better on images like some corrected ones: both of its networks go on learning, from these images. What
 * is left out of them says whether it has become better; if it has not, that is said, and both models are there.
 *
 * A fine-tuning that was stopped or killed is continued by {@link resumeFinetune}, and makes the same model to the bit.
 *
 * @param model Folder of the model to begin with; stays as it is.
 * @throws {NucleateError} Exit code 2 if `out` exists, 3 for data that cannot be used, 6 for a damaged model, 8 if `out` cannot be
 *   written; as `trainRun`. Nothing is written before the first step.
 */
export async function finetune(
  model: string,
  dataset: FinetuneDataset,
  { out, folder: wanted, budget, seed = 1, ...options }: NewFinetuneOptions,
): Promise<FinetuneEnded> {
  const began = performance.now();
  requireTraining(options.runtime);
  requireNew(out);
  requirePlace(out);
  const process = processOf(options);
  const prepared = await prepare(model, dataset, seed, process);
  if (!prepared) return stopped(process, null);
  const { stored, data, before } = prepared;
  try {
    process.onEvent({ event: 'measuring' });
    const times = await measureTrainings(stored, { data, seed, mode: process.mode });
    const scoring = prepared.seconds;
    const { steps, seconds } = chooseSteps(budget, times, {
      passed: (performance.now() - began) / 1000,
      scoring,
    });
    if (process.stop.aborted) return stopped(process, null);
    const passed = (performance.now() - began) / 1000;
    if ('minutes' in budget && steps.detector === fewestSteps)
      process.onEvent({ event: 'warning', text: tooShort(budget.minutes, passed + seconds.all) });

    const now = new Date();
    const name = `finetune-${path.basename(path.resolve(out))}`;
    const folder = makeRunFolder(wanted ?? { runs: 'runs', name, now });
    return await locked(folder, process, async () => {
      await writeSplit(finetuneFiles(folder).split, data.split);
      const plan: FinetunePlan = {
        ...{ format: 1, created: now.toISOString(), model: path.resolve(model), weights: hashesOf(stored) },
        data: dataset.paths.map((place) => path.resolve(place)),
        ...(dataset.labels !== undefined && { labels: path.resolve(dataset.labels) }),
        reading: DatasetReading.parse(dataset.reading ?? {}),
        ...(dataset.split && { split: { ...dataset.split, path: path.resolve(dataset.split.path) } }),
        ...(dataset.replay !== undefined && { replay: path.resolve(dataset.replay) }),
        ...{ dataset: datasetOf(data), out: path.resolve(out), seed, steps },
        bfloat16: multipliesBfloat16(),
      };
      await writePlan(folder, plan);
      process.onEvent(await startedEvent(folder, plan, prepared, seconds));
      return trainAndFinish(folder, plan, prepared, process);
    });
  } finally {
    await before.close();
  }
}

/**
 * Continues a fine-tuning as if it had never stopped. One that has ended is not repeated: its result is read.
 *
 * @param folder Of the fine-tuning.
 * @param options.out The model folder to write instead of the one that it was given when it began; must not exist.
 * @throws {NucleateError} As {@link finetune}; exit code 2 if there is none, or `out` for one that has ended, 3 if its images have
 *   changed, 6 if its model has, 7 if another process works on it.
 */
export async function resumeFinetune(
  folder: string,
  { out, ...options }: FinetuneOptions & { readonly out?: string | undefined },
): Promise<FinetuneEnded> {
  requireTraining(options.runtime);
  const process = processOf(options);
  const begun = await readPlan(folder);
  return locked(folder, process, async () => {
    const known = await readResult(folder);
    if (known && out !== undefined) throw hasEnded(folder, begun.out);
    const plan = out === undefined ? begun : { ...begun, out: path.resolve(out) };
    if (out !== undefined) {
      requireNew(out);
      requirePlace(out);
      await writePlan(folder, plan);
    }
    if (known) {
      process.onEvent(known);
      return known;
    }
    const { data: paths, labels, reading, split, replay } = plan;
    const dataset = { paths, labels, reading, split, replay };
    const prepared = await prepare(plan.model, dataset, plan.seed, process);
    if (!prepared) return stopped(process, folder);
    try {
      requireSame(plan, prepared);
      process.onEvent(await startedEvent(folder, plan, prepared, null));
      return await trainAndFinish(folder, plan, prepared, process);
    } finally {
      await prepared.before.close();
    }
  });
}

async function trainAndFinish(
  folder: string,
  plan: FinetunePlan,
  prepared: Prepared,
  process: FinetuneProcess,
): Promise<FinetuneEnded> {
  const { stored, data } = prepared;
  const facts = { folder, plan, data };
  const trainings: readonly StageTraining[] = [
    detectorTraining(stored, facts),
    segmenterTraining(stored, facts),
  ];
  for (const training of trainings) {
    if (process.stop.aborted || !(await training.run(process))) return stopped(process, folder);
  }
  const ended = await finishModel(folder, plan, prepared, process);
  if (!ended) return stopped(process, folder);
  process.onEvent(ended);
  return ended;
}

const tooShort = (minutes: number, seconds: number) =>
  `${minutes} minutes are too few here: ${fewestSteps} steps, the fewest that help, end about ${Math.ceil(seconds / 60)} minutes after the beginning.`;

function stopped({ stop, onEvent }: FinetuneProcess, folder: string | null): FinetuneEnded {
  const ended = { event: 'ended' as const, ending: stop.reason as StopSignal, folder };
  onEvent(ended);
  return ended;
}

async function locked<Result>(
  folder: string,
  { onEvent }: FinetuneProcess,
  work: () => Promise<Result>,
): Promise<Result> {
  const onTakeover = (text: string) => onEvent({ event: 'warning', text });
  const lock = lockRun(folder, { force: false, onTakeover });
  try {
    return await work();
  } finally {
    lock.release();
  }
}

async function readResult(folder: string): Promise<FinetuneEnded | undefined> {
  const text = await readPlainText(finetuneFiles(folder).result).catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as FinetuneEnded);
}

const hashesOf = ({ file }: ModelFolder) => [file.detector.sha256, file.segmenter.sha256];

const hasEnded = (folder: string, out: string) =>
  new NucleateError({
    what: `The fine-tuning has ended; its model was written to ${out}.`,
    where: folder,
    hint: 'Copy that folder, or leave out --out.',
    exitCode: exitCodes.usage,
  });

function requireNew(out: string): void {
  if (!existsSync(out)) return;
  throw new NucleateError({
    what: 'The folder for the model already exists.',
    where: out,
    hint: 'Name another folder with --out, or delete this one.',
    exitCode: exitCodes.usage,
  });
}

/** Tries whether a folder can be made where the model will be written; leaves nothing behind. */
function requirePlace(out: string): void {
  let folder = path.dirname(path.resolve(out));
  while (!existsSync(folder)) folder = path.dirname(folder);
  try {
    rmdirSync(mkdtempSync(path.join(folder, '.nucleate-')));
  } catch (error) {
    throw writeError(error, out);
  }
}

/** Rejects a fine-tuning whose model or images have changed since it began. */
function requireSame(plan: FinetunePlan, { stored, data }: Prepared): void {
  if (hashesOf(stored).join() !== plan.weights.join()) {
    throw new NucleateError({
      what: 'The model is not the one that the fine-tuning began with.',
      where: plan.model,
      hint: 'Put that model back, or begin anew.',
      exitCode: exitCodes.checkpoint,
    });
  }
  if (datasetOf(data) === plan.dataset) return;
  throw new NucleateError({
    what: 'The images or their masks have changed since the fine-tuning began.',
    where: plan.data.join(', '),
    hint: 'Begin anew, so that it learns from them as they are now.',
    exitCode: exitCodes.data,
  });
}
