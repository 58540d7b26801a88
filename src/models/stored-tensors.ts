import type { NamedTensors } from '../engine/step.js';
import type { StoredTensors, StoredTensor } from '../safetensors/tensor.js';
import { tf } from '../tf.js';

/** The values of tensors as they are stored; a copy. The tensors are not disposed. */
export function toStored(tensors: NamedTensors): StoredTensors {
  return new Map(Object.entries(tensors).map(([name, tensor]) => [name, store(tensor)]));
}

function store(tensor: tf.Tensor): StoredTensor {
  const { shape } = tensor;
  const data = tensor.dataSync();
  if (data instanceof Float32Array) return { dtype: 'F32', shape, data: data as Float32Array<ArrayBuffer> };
  if (data instanceof Int32Array) return { dtype: 'I32', shape, data: data as Int32Array<ArrayBuffer> };
  throw new RangeError(`Expected numbers to store, received ${tensor.dtype}`);
}

/**
 * The tensors of stored values; the caller disposes them.
 *
 * @throws {RangeError} For a type that no variable has.
 */
export function fromStored(stored: StoredTensors): Record<string, tf.Tensor> {
  return Object.fromEntries([...stored].map(([name, tensor]) => [name, load(name, tensor)]));
}

/** Calls `use` with the tensors of stored values and disposes them afterwards. */
export function withStored<T>(stored: StoredTensors, use: (tensors: Record<string, tf.Tensor>) => T): T {
  const tensors = fromStored(stored);
  try {
    return use(tensors);
  } finally {
    tf.dispose(tensors);
  }
}

function load(name: string, { dtype, shape, data }: StoredTensor): tf.Tensor {
  if (dtype === 'F32') return tf.tensor(data, [...shape], 'float32');
  if (dtype === 'I32') return tf.tensor(data, [...shape], 'int32');
  throw new RangeError(`Expected \`${name}\` to be F32 or I32, received ${dtype}`);
}
