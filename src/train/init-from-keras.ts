import { NucleateError } from '../errors.js';
import { type Assigned, assignKerasWeights } from '../models/keras-weights.js';
import type { ModelWeights } from '../models/weights.js';
import type { StoredTensors } from '../safetensors/tensor.js';
import { tf } from '../tf.js';
import { loadKerasWeights } from './keras-weights-path.js';
import type { Task } from './task.js';
import type { TrainingTensors } from './training-step.js';

interface KerasOptions {
  /** The file. */
  readonly from: string;
  /** Whether weights that the file lacks, or has in another shape, may keep their random values. */
  readonly allowPartial: boolean;
}

/** Whether the source of a run's weights is a Keras file. */
export const isKerasFile = (from: string): boolean => /\.(h5|hdf5)$/iu.test(from);

/**
 * The weights of a published network for the part of a task's network that copies it; all others keep the values that
 * the seed drew. Changes the variables of the task's network.
 *
 * @param averages Whether the new run averages its weights; the averages then start from the same values.
 * @returns Tensors that the caller disposes, and a sentence that counts them.
 * @throws {NucleateError} Exit code 6 if the file is not exactly the published network, or a layer of this network has
 *   the same name but other weights; with `allowPartial` only if nothing fits.
 */
export async function kerasTensors(
  { weights, published }: Pick<Task, 'weights' | 'published'>,
  { from, allowPartial }: KerasOptions,
  averages: boolean,
): Promise<{ tensors: Partial<TrainingTensors>; summary: string }> {
  if (!published) throw new RangeError('Expected a task with a `published` network');
  const values = published.adapt(await loadKerasWeights(from, published.network));
  const { assigned, kept } = assign(weights, values, { from, allowPartial });
  const copies = (isWanted: (name: string) => boolean) =>
    Object.fromEntries(
      assigned.filter(isWanted).map((name) => [name, tf.clone<tf.Tensor>(weights.all[name]!)]),
    );
  const isTrainable = (name: string) => name in weights.trainable;
  return {
    tensors: {
      weights: copies(isTrainable),
      ema: averages ? copies(isTrainable) : {},
      statistics: copies((name) => !isTrainable(name)),
    },
    summary:
      `${assigned.length} of ${assigned.length + kept.length} weights are from ${from} ` +
      `(${values.size} weights of ${published.network}); ${kept.length} start from random values`,
  };
}

function assign(
  { all }: ModelWeights,
  values: StoredTensors,
  { from, allowPartial }: KerasOptions,
): Assigned {
  const names = Object.keys(all);
  const fitting = allowPartial ? names.filter((name) => fits(all, values, name)) : names;
  try {
    const { assigned } = assignKerasWeights(
      Object.fromEntries(fitting.map((name) => [name, all[name]!])),
      allowPartial ? new Map([...values].filter(([name]) => fitting.includes(name))) : values,
    );
    const taken = new Set(assigned);
    return { assigned, kept: names.filter((name) => !taken.has(name)) };
  } catch (cause) {
    if (!(cause instanceof NucleateError)) throw cause;
    const { message: what, exitCode, problems } = cause;
    const hint = allowPartial
      ? cause.hint
      : `${cause.hint} Or load only the weights that fit: --allow-partial.`;
    throw new NucleateError({ what, where: from, hint, exitCode, problems }, { cause });
  }
}

/** The first layer may have more input channels than the three of an image. */
function fits(all: ModelWeights['all'], values: StoredTensors, name: string): boolean {
  const [own, stored] = [all[name]!.shape, values.get(name)?.shape];
  if (stored?.length !== own.length) return false;
  const isImage = (axis: number) => stored.length === 4 && stored[2] === 3 && axis === 2;
  return stored.every((side, axis) => side === own[axis] || (isImage(axis) && side < own[axis]!));
}
