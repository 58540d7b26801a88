import { exitCodes, NucleateError } from '../errors.js';
import type { StoredTensors } from './tensor.js';

/** A number of a tensor that is NaN or infinite. */
export interface NonFinite {
  readonly name: string;
  /** Of the flat data. */
  readonly index: number;
  readonly value: number;
}

/** The first NaN or infinity among float32 tensors; others are not looked at. */
export function firstNonFinite(tensors: StoredTensors): NonFinite | undefined {
  for (const [name, { dtype, data }] of tensors) {
    if (dtype !== 'F32') continue;
    // A plain loop: a callback for each of 10^8 numbers would take a second.
    let index = 0;
    while (index < data.length && Number.isFinite(data[index])) index++;
    if (index < data.length) return { name, index, value: data[index]! };
  }
  return undefined;
}

/**
 * Rejects weights that are NaN or infinite: every output would be nothing, without a word.
 *
 * @throws {NucleateError} Exit code 5 with the first such tensor.
 */
export function requireFiniteWeights(stored: StoredTensors, where: string): void {
  const found = firstNonFinite(stored);
  if (!found) return;
  throw new NucleateError({
    what: `The tensor ${found.name} has the value ${found.value} at index ${found.index}; no network can compute with it.`,
    where,
    hint: 'Use an older checkpoint of the run, or another model.',
    exitCode: exitCodes.diverged,
  });
}
