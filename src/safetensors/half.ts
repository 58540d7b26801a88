import { Float16Array } from '@petamoriken/float16';
import { exitCodes, NucleateError } from '../errors.js';
import type { StoredTensors, StoredTensor } from './tensor.js';

/** The largest finite float16; larger weights would become infinite. */
const largest = 65504;

/**
 * Rounds float32 tensors to float16, half the size; all others stay as they are.
 *
 * @throws {NucleateError} Exit code 5 if a value is beyond the range of float16.
 */
export function toHalf(tensors: StoredTensors): StoredTensors {
  return new Map(
    [...tensors].map(([name, tensor]) => [name, tensor.dtype === 'F32' ? halve(name, tensor) : tensor]),
  );
}

function halve(name: string, { shape, data }: Extract<StoredTensor, { dtype: 'F32' }>): StoredTensor {
  const beyond = data.find((value) => !(Math.abs(value) <= largest));
  if (beyond !== undefined) {
    throw new NucleateError({
      what: `The tensor ${name} has the value ${beyond}; 16 bits hold at most ${largest}.`,
      hint: 'Look at the training, whose weights may have diverged; `--precision float32` packs them as they are.',
      exitCode: exitCodes.diverged,
    });
  }
  const halves = new Float16Array(data);
  return { dtype: 'F16', shape, data: new Uint16Array(halves.buffer) };
}

/** Converts float16 tensors to float32, exactly; all others stay as they are. */
export function fromHalf(tensors: StoredTensors): StoredTensors {
  // A table of all 65,536 values: for millions of weights it takes a hundredth of the time of `Float16Array`.
  const values = new Float32Array(new Float16Array(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer));
  return new Map(
    [...tensors].map(([name, tensor]) => {
      if (tensor.dtype !== 'F16') return [name, tensor];
      const { shape, data } = tensor;
      const wide = new Float32Array(data.length);
      for (let i = 0; i < wide.length; i++) wide[i] = values[data[i]!]!;
      return [name, { dtype: 'F32', shape, data: wide }];
    }),
  );
}
