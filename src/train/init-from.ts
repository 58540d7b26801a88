import { existsSync } from 'node:fs';
import path from 'node:path';
import { readPlainFileSync, readPlainTextSync } from '../plain-file.js';
import { exitCodes, NucleateError } from '../errors.js';
import { fitsTensor, shortList, weightDifferences } from '../models/fitting-weights.js';
import { requireFiniteWeights } from '../safetensors/finite.js';
import { decodeSafetensors, SafetensorsError } from '../safetensors/decode.js';
import { fromHalf } from '../safetensors/half.js';
import type { StoredTensors } from '../safetensors/tensor.js';
import { DamagedCheckpoint, manifestFile } from '../run/checkpoints/manifest.js';
import { loadCheckpoint } from '../run/checkpoints/read.js';
import { isKerasFile, kerasTensors } from './init-from-keras.js';
import { runFiles } from '../run/run-folder.js';
import { fromStored } from '../models/stored-tensors.js';
import type { Task } from './task.js';
import type { TrainingTensors } from './training-step.js';

export interface InitFromOptions {
  /**
   * A checkpoint; or a run, whose best checkpoint is used, or its last if none is validated; or a network of a model
   * folder (`detector.safetensors`); or a Keras weights file.
   */
  readonly from: string;
  /** Whether weights that the checkpoint lacks, or has in another shape, may keep their random values. */
  readonly allowPartial: boolean;
  /** Whether the weights are of a narrower network, from which this one is initialised so that outputs stay the same. */
  readonly widen?: boolean;
}

/**
 * The weights of a checkpoint for a new run of a task: averaged ones if the checkpoint has them, and the statistics
 * that belong to them, but neither steps nor optimizer slots. For a Keras file see {@link kerasTensors}.
 *
 * @param averages Whether the new run averages its weights; the averages then start from the same values.
 * @returns Tensors that the caller disposes, and a sentence that counts them.
 * @throws {NucleateError} Exit code 6 for a damaged checkpoint, and for one that does not have exactly the weights of
 *   the network; with `allowPartial` only if it has none of them. Exit code 5 if a weight is NaN or infinite. Exit code 2 if the network or the weights cannot be
 *   widened.
 */
export async function initialTensors(
  task: Pick<Task, 'weights' | 'published' | 'widen'>,
  { from, allowPartial, widen = false }: InitFromOptions,
  averages: boolean,
): Promise<{ tensors: Partial<TrainingTensors>; summary: string }> {
  if (widen && isKerasFile(from)) throw publishedIsNotNarrower(from);
  if (task.published && isKerasFile(from)) return kerasTensors(task, { from, allowPartial }, averages);
  const { all, trainable } = task.weights;
  const isFile = from.endsWith('.safetensors');
  const place = isFile ? from : initialCheckpoint(from);
  const given = isFile ? readPackedWeights(place) : await readWeights(place);
  const stored = widen ? widened(task, given, place) : given;
  const problems = weightDifferences(all, stored, 'The checkpoint');
  const fitting = new Map([...stored].filter(([name, tensor]) => all[name] && fitsTensor(all[name], tensor)));
  const counts = `${fitting.size} of ${Object.keys(all).length} weights`;
  if (fitting.size === 0 || (problems.length > 0 && !allowPartial)) {
    throw new NucleateError({
      what: `The checkpoint does not fit the network: it has ${counts}.`,
      where: place,
      hint:
        fitting.size === 0
          ? 'Use a checkpoint of the same kind of network.'
          : 'Use the config of that run, or add --allow-partial.',
      exitCode: exitCodes.checkpoint,
      problems: shortList(problems),
    });
  }
  const part = (isWanted: (name: string) => boolean) =>
    fromStored(new Map([...fitting].filter(([name]) => isWanted(name))));
  const isTrainable = (name: string) => name in trainable;
  return {
    tensors: {
      weights: part(isTrainable),
      ema: averages ? part(isTrainable) : {},
      statistics: part((name) => !isTrainable(name)),
    },
    summary: `${counts} are from ${place}${widen ? ', widened' : ''}${problems.length > 0 ? `; ${problems.length} do not fit` : ''}`,
  };
}

const publishedIsNotNarrower = (where: string) =>
  new NucleateError({
    what: 'The weights of a published network cannot be widened.',
    where,
    hint: 'Leave out --widen, or start from a narrower detector trained with nucleate.',
    exitCode: exitCodes.usage,
  });

function widened({ widen }: Pick<Task, 'widen'>, narrow: StoredTensors, where: string): StoredTensors {
  if (!widen) {
    throw new NucleateError({
      what: 'Only the weights of a detector with a pyramid can be widened.',
      hint: 'Leave out --widen.',
      exitCode: exitCodes.usage,
    });
  }
  try {
    return widen(narrow);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new NucleateError(
      {
        what: `The weights cannot be widened: ${cause.message}.`,
        where,
        hint: 'Use the weights of a narrower detector with the same strides, anchors and pooling.',
        exitCode: exitCodes.checkpoint,
      },
      { cause },
    );
  }
}

/**
 * The checkpoint that a run or a checkpoint stands for.
 *
 * @throws {NucleateError} Exit code 6 if there is none.
 */
export function initialCheckpoint(from: string): string {
  if (existsSync(path.join(from, manifestFile))) return from;
  const { checkpoints } = runFiles(from);
  for (const pointer of ['best', 'latest']) {
    const file = path.join(checkpoints, pointer);
    if (existsSync(file)) return path.join(checkpoints, path.basename(readPlainTextSync(file).trim()));
  }
  throw new NucleateError({
    what: 'There is no checkpoint here.',
    where: from,
    hint: existsSync(path.join(from, 'model.json'))
      ? `Give one of the model's networks: ${path.join(from, '{detector,segmenter}.safetensors')}.`
      : 'Give the folder of a run, or one of its checkpoints/step-*.',
    exitCode: exitCodes.checkpoint,
  });
}

async function readWeights(folder: string): Promise<StoredTensors> {
  try {
    const { weights, ema, statistics } = (await loadCheckpoint(folder)).tensors;
    return new Map([...weights, ...ema, ...statistics]);
  } catch (cause) {
    if (!(cause instanceof DamagedCheckpoint)) throw cause;
    throw new NucleateError(
      {
        what: `The checkpoint is damaged: ${cause.message}.`,
        where: folder,
        hint: 'Use another checkpoint of the run.',
        exitCode: exitCodes.checkpoint,
      },
      { cause },
    );
  }
}

/** A network of a model folder; float16 is converted to float32. */
function readPackedWeights(file: string): StoredTensors {
  try {
    const weights = fromHalf(decodeSafetensors(readPlainFileSync(file)).tensors);
    requireFiniteWeights(weights, file);
    return weights;
  } catch (cause) {
    if (cause instanceof NucleateError) throw cause;
    const isDamaged = cause instanceof SafetensorsError;
    throw new NucleateError(
      {
        what: `The weights cannot be read: ${(cause as Error).message}.`,
        where: file,
        hint: 'Name a network file of a model folder that nucleate packed.',
        exitCode: isDamaged ? exitCodes.checkpoint : exitCodes.io,
      },
      { cause },
    );
  }
}
