import { type NamedTensors, type NamedVariables, requireLike } from '../engine/step.js';

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
