import { type NamedTensors, type NamedVariables, requireLike } from '../engine/step.js';
import type { tf } from '../tf.js';

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
 * Gives variables new values, exact to the bit; those without one keep theirs.
 *
 * @param weights Not disposed.
 * @throws {RangeError} If a name is unknown or a shape differs.
 */
export function setWeights(variables: NamedVariables, weights: NamedTensors): void {
  requireLike('state', weights, variables, { partly: true });
  for (const [name, value] of Object.entries(weights)) variables[name]!.assign(value);
}
