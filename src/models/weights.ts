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
