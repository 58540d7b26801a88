import type { OptimizerConfig } from '../config/train.js';
import type { TrainingConfig } from '../config/training.js';
import type { BatchOf, Recipe } from '../data/loader/batch-maker.js';
import { compile } from '../engine/compile.js';
import type { Mode, NamedTensors, NamedVariables } from '../engine/step.js';
import { clipByGlobalNorm, type LossParts, lossGradients } from '../ops/gradients.js';
import {
  createAdam,
  createMomentum,
  decayWeights,
  type Optimizer,
  updateAverages,
} from '../ops/optimizers.js';
import { randomFor } from '../random.js';
import type { TensorLike } from '../models/fitting-weights.js';
import { tf } from '../tf.js';
import type { TensorGroup } from '../run/checkpoints/manifest.js';
import { createLossScale } from './loss-scale.js';
import { learningRateAt } from './schedule.js';
import type { Task } from './task.js';

/** The tensors of a training by group and name; `ema` has the names of `weights`. */
export type TrainingTensors = Readonly<Record<TensorGroup, NamedTensors>>;

/** The numbers that a step computed; they may be NaN or infinite. */
export interface StepReport {
  readonly loss: number;
  /** Each of the task's `lossNames`. */
  readonly parts: Readonly<Record<string, number>>;
  /** Global norm of the gradients, before clipping. */
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** What the loss was multiplied by in float16; null in other precisions. */
  readonly lossScale: number | null;
  /** Whether gradients overflowed in float16: the weights are unchanged, and the next step has a smaller scale. */
  readonly isSkipped: boolean;
}

/** The training step of a task, ready to run many times, and the state that it changes. */
export interface TrainingStep<R extends Recipe> {
  /**
   * One optimizer step.
   *
   * @param batches As many as `optimizer.accumulate`.
   * @param step From 0: optimizer steps done before this one. Decides the learning rate and the random draws.
   * @throws {NucleateError} Exit 4 if the device runs out of memory.
   */
  run(batches: readonly BatchOf<R>[], step: number): StepReport;
  /** Copies, exact to the bit; the caller disposes them. */
  read(): TrainingTensors;
  /** What it reads and writes. */
  readonly shapes: Readonly<Record<TensorGroup, Readonly<Record<string, TensorLike>>>>;
  /** Replaces the given tensors, exact to the bit; disposes nothing. Throws a RangeError if one does not fit. */
  write(tensors: Partial<TrainingTensors>): void;
  /** Frees everything but the task. */
  dispose(): void;
}

export interface TrainingStepOptions<R extends Recipe> {
  readonly config: Pick<TrainingConfig, 'seed' | 'optimizer' | 'schedule' | 'precision'>;
  readonly mode: Mode;
  /** Example batches: all later batches have their shapes. */
  readonly batches: readonly BatchOf<R>[];
}

/**
 * Builds the training step of a task: losses, gradients, clipping, weight decay, optimizer and averages in one graph.
 *
 * Accumulated batches run within that one graph, each after the gradients of the batch before, so that the features of
 * only one batch at a time are in memory; their gradients are averaged.
 *
 * @throws {NucleateError} If the task's losses cannot be compiled.
 */
export function createTrainingStep<R extends Recipe>(
  task: Task<R>,
  { config, mode, batches: examples }: TrainingStepOptions<R>,
): TrainingStep<R> {
  const { seed, optimizer: settings, schedule, precision } = config;
  const { all, trainable } = task.weights;
  const optimizer = createOptimizer(trainable, settings);
  const scale = precision === 'float16' ? createLossScale() : undefined;
  const averages = settings.emaDecay > 0 ? copiesOf(trainable) : {};
  const groups: Readonly<Record<TensorGroup, NamedVariables>> = {
    weights: trainable,
    ema: averages,
    optimizer: { ...optimizer.state, ...scale?.state },
    statistics: Object.fromEntries(Object.entries(all).filter(([name]) => !(name in trainable))),
  };
  const shapes = mapValues(groups, (tensors) =>
    mapValues(tensors, ({ shape, dtype }) => ({ shape, dtype })),
  ) as TrainingStep<R>['shapes'];
  // Biases and scales are vectors; decaying them to zero would only shift the activations.
  const kernels = Object.values(trainable).filter(({ rank }) => rank > 1);

  const step = (inputs: NamedTensors) => {
    const micro = Array.from({ length: settings.accumulate }, (_, index) => inputsOf(inputs, index));
    const lossScale = scale ? scale.value.clone() : tf.scalar(1);
    const { parts, gradients } = averagedGradients(task, micro, scale ? lossScale : 1);
    const clipped = clipByGlobalNorm(gradients, settings.clipNorm > 0 ? settings.clipNorm : noClipping);
    const planned = { ...clipped, learningRate: inputs['learningRate'] as tf.Scalar };
    const taken = scale ? scale.guard(clipped.gradients, clipped.norm, planned.learningRate) : planned;
    if (settings.weightDecay > 0) decayWeights(kernels, taken.learningRate, settings.weightDecay);
    optimizer.apply(taken.gradients, taken.learningRate);
    updateAverages(averages, trainable, inputs['emaDecay'] as tf.Scalar);
    // A single tensor to read, since reading each costs a call into the native library.
    const named = task.lossNames.map((name) => parts[name]!);
    return { report: tf.stack([parts.loss, ...named, clipped.norm, lossScale]) };
  };

  const makeInputs = (batches: readonly BatchOf<R>[], at: number): NamedTensors => {
    const random = randomFor(seed, 'step', at);
    const inputs: Record<string, tf.Tensor> = {
      learningRate: tf.scalar(learningRateAt(schedule, at)),
      emaDecay: tf.scalar(emaDecayAt(settings.emaDecay, at)),
    };
    for (const [index, batch] of batches.entries()) {
      for (const [name, tensor] of Object.entries(task.inputs(batch, random)))
        inputs[`${index}/${name}`] = tensor;
    }
    return inputs;
  };

  const exampleInputs = makeInputs(examples, 0);
  const compiled = compile(step, { inputs: exampleInputs, state: flatten(groups), mode, precision });
  tf.dispose(exampleInputs);
  const free = () => {
    optimizer.dispose();
    scale?.dispose();
    tf.dispose(averages);
  };
  // The compiled session has its own copies.
  if (compiled.mode === 'compiled') free();
  return {
    run: (batches, at) => {
      const inputs = makeInputs(batches, at);
      try {
        const { report } = compiled.run(inputs);
        const [loss, ...values] = report.dataSync();
        report.dispose();
        const [gradientNorm, lossScale] = values.slice(-2);
        const parts = Object.fromEntries(task.lossNames.map((name, index) => [name, values[index]!]));
        return {
          loss: loss!,
          parts,
          gradientNorm: gradientNorm!,
          learningRate: learningRateAt(schedule, at),
          lossScale: scale ? lossScale! : null,
          // With a scale of 1 the gradients themselves are too large; with a loss of NaN the step has diverged.
          isSkipped: lossScale! > 1 && Number.isFinite(loss) && !Number.isFinite(gradientNorm),
        };
      } finally {
        tf.dispose(inputs);
      }
    },
    read: () => unflatten(compiled.readState()),
    shapes,
    write: (tensors) => compiled.writeState(flatten(tensors)),
    dispose: () => {
      compiled.dispose();
      if (compiled.mode === 'eager') free();
    },
  };
}

/** The largest float32: no finite norm exceeds it. */
const noClipping = (2 - 2 ** -23) * 2 ** 127;

/**
 * Smaller in the first steps, so that the average forgets the initial weights sooner; as TensorFlow's
 * `ExponentialMovingAverage` with `num_updates`.
 */
const emaDecayAt = (decay: number, step: number) => Math.min(decay, (1 + step) / (10 + step));

function createOptimizer(variables: NamedVariables, settings: OptimizerConfig): Optimizer {
  switch (settings.kind) {
    case 'momentum':
      return createMomentum(variables, settings);
    case 'adamw':
      return createAdam(variables, settings);
  }
}

const copiesOf = (variables: NamedVariables): NamedVariables =>
  Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => [
      name,
      tf.tidy(() => tf.variable(variable.clone(), false)),
    ]),
  );

interface LossGradients {
  readonly parts: LossParts;
  readonly gradients: NamedTensors;
}

function averagedGradients<R extends Recipe>(
  task: Task<R>,
  batches: readonly NamedTensors[],
  lossScale: number | tf.Scalar,
): LossGradients {
  const { trainable } = task.weights;
  let sum: LossGradients | undefined;
  for (const batch of batches) {
    const inputs = sum ? after(sum.gradients, batch) : batch;
    const one = lossGradients(trainable, () => task.losses(inputs), { lossScale });
    sum = sum ? { parts: added(sum.parts, one.parts), gradients: added(sum.gradients, one.gradients) } : one;
  }
  if (batches.length === 1) return sum!;
  const mean = <T extends NamedTensors>(tensors: T) =>
    mapValues(tensors, (tensor) => tensor.div(batches.length)) as T;
  return { parts: mean(sum!.parts), gradients: mean(sum!.gradients) };
}

const added = <T extends NamedTensors>(one: T, other: T): T =>
  mapValues(one, (tensor, name) => tensor.add(other[name]!)) as T;

/** The inputs, computed only after the gradients: a zero that depends on all gradients is added to float inputs. */
function after(gradients: NamedTensors, inputs: NamedTensors): NamedTensors {
  const sums = Object.values(gradients).map((gradient) => gradient.sum());
  const zero = tf.minimum(tf.abs(tf.addN(sums)), 0);
  return mapValues(inputs, (tensor) => (tensor.dtype === 'float32' ? tensor.add(zero) : tensor));
}

/** The inputs of one batch, by the task's names. */
function inputsOf(inputs: NamedTensors, index: number): NamedTensors {
  const prefix = `${index}/`;
  return Object.fromEntries(
    Object.entries(inputs)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );
}

/** Tensors of all groups in one record: `weights/<name>`. */
function flatten<T extends tf.Tensor>(
  groups: Partial<Readonly<Record<TensorGroup, Readonly<Record<string, T>>>>>,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(groups).flatMap(([group, tensors]) =>
      Object.entries(tensors).map(([name, tensor]) => [`${group}/${name}`, tensor] as const),
    ),
  );
}

function unflatten(tensors: NamedTensors): TrainingTensors {
  const groups: Record<TensorGroup, Record<string, tf.Tensor>> = {
    weights: {},
    ema: {},
    optimizer: {},
    statistics: {},
  };
  for (const [path, tensor] of Object.entries(tensors)) {
    const slash = path.indexOf('/');
    groups[path.slice(0, slash) as TensorGroup][path.slice(slash + 1)] = tensor;
  }
  return groups;
}

const mapValues = <Value, Result>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value, name: string) => Result,
): Record<string, Result> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
