import type { NamedVariables } from '../engine/step.js';
import type { StoredTensors } from '../safetensors/tensor.js';
import type { tf } from '../tf.js';
import { requireFittingWeights } from './fitting-weights.js';
import { withStored } from './stored-tensors.js';

/** The variables of a model by `<layer>/<weight>`, the names that checkpoints and weight files use. */
export interface ModelWeights {
  readonly all: Readonly<Record<string, tf.Variable>>;
  /** Those that are trained; moving statistics and frozen layers are not among them. */
  readonly trainable: Readonly<Record<string, tf.Variable>>;
}

/** The variables stay the model's. */
export function weightsOf(model: tf.LayersModel): ModelWeights {
  return { all: named(model.weights), trainable: named(model.trainableWeights) };
}

// The name without the suffix that tfjs appends where a process has built the layer before.
const named = (weights: readonly tf.LayerVariable[]) =>
  Object.fromEntries(weights.map((weight) => [weight.originalName, weight.read() as tf.Variable]));

/**
 * Gives all variables of a network the values of a file, exact to the bit.
 *
 * @throws {NucleateError} Exit code 6 unless there is exactly one value for each variable; then nothing has changed.
 */
export function assignWeights(
  variables: NamedVariables,
  weights: StoredTensors,
  names: Parameters<typeof requireFittingWeights>[2],
): void {
  requireFittingWeights(variables, weights, names);
  withStored(weights, (values) => {
    for (const [name, value] of Object.entries(values)) variables[name]!.assign(value);
  });
}
