import type { Constant, Result } from './graph.js';
import {
  attr,
  type Binding,
  dataTypes,
  type NativeAttribute,
  type NativeTensor,
  type NativeValues,
} from './native.js';
import { type KnownTensor, resultOf } from './result-shapes.js';

/** A tensor with more elements is no shape: TensorFlow's tensors have at most 8 axes, and two paddings for each. */
const maxSizes = 16;

/**
 * Finds the shapes of what a step would compute: recording needs the memory of one operation at most.
 *
 * Where no rule tells the shape of a result, its operation runs once, on zeros, for all calls with the same attributes and
 * shapes. Constants, and what is computed from constants only, keep their values where these may be sizes. A handle below 0
 * has no values.
 */
export class DryRun {
  readonly #binding: Binding;
  readonly #tensors = new Map<number, KnownTensor>();
  readonly #results = new Map<string, readonly Result[]>();
  #made = 0;

  constructor(binding: Binding) {
    this.#binding = binding;
  }

  /** Makes a tensor that has only a shape. There is nothing to free. */
  make({ shape, dtype }: Result): NativeTensor {
    this.#made += 1;
    const id = -this.#made;
    this.addTensor(id, { shape, dtype });
    return { id, shape: [...shape], dtype };
  }

  /** Lets operations use a tensor whose values do not affect any shape. */
  addTensor(id: number, { shape, dtype }: Result): void {
    this.#tensors.set(id, { shape, dtype });
  }

  /** Lets operations use a tensor of the native library that was made from these values. */
  addConstant(id: number, { shape, dtype, values }: Constant): void {
    const isSizes = values.length <= maxSizes && !Array.isArray(values);
    this.#tensors.set(id, { shape, dtype, ...(isSizes && { sizes: values.join() }) });
  }

  /** What {@link Binding.executeOp} would return; the caller frees handles from 0 on. */
  executeOp(op: string, attributes: NativeAttribute[], inputs: number[], outputs: number): NativeTensor[] {
    const tensors = inputs.map((id) => this.#tensors.get(id)!);
    if (inputs.length > 0 && tensors.every(({ sizes }) => sizes !== undefined)) {
      return this.#binding
        .executeOp(op, attributes, inputs, outputs)
        .map((result) => this.#keepSizes(result));
    }
    const key = JSON.stringify([op, attributes, outputs, tensors]);
    const results =
      this.#results.get(key) ??
      resultOf(op, attributes, tensors) ??
      this.#resultsFor(op, attributes, inputs, outputs);
    this.#results.set(key, results);
    return results.map((result) => this.make(result));
  }

  #keepSizes(result: NativeTensor): NativeTensor {
    const { id, shape, dtype } = result;
    if (shape.reduce((product, size) => product * size, 1) <= maxSizes) {
      this.addConstant(id, { shape, dtype, values: this.#binding.tensorDataSync(id) as NativeValues });
      return result;
    }
    this.#binding.deleteTensor(id);
    return this.make(result);
  }

  #resultsFor(op: string, attributes: NativeAttribute[], inputs: number[], outputs: number): NativeTensor[] {
    const temporary: number[] = [];
    try {
      const ids = inputs.map((id) => {
        if (id >= 0) return id;
        // 1 where an integer could be divided by it; 0 elsewhere, since it is a valid index.
        const filled = this.#filled(this.#tensors.get(id)!, /Div|Mod/.test(op) ? 1 : 0);
        temporary.push(filled);
        return filled;
      });
      const results = this.#binding.executeOp(op, attributes, ids, outputs);
      temporary.push(...results.map(({ id }) => id));
      return results;
    } finally {
      for (const id of temporary) this.#binding.deleteTensor(id);
    }
  }

  /** A native tensor of one value, made without an array in JavaScript, which would have to be filled and copied. */
  #filled({ shape, dtype }: Result, value: number): number {
    const dims = this.#binding.createTensor([shape.length], dataTypes.int32, Int32Array.from(shape));
    const scalar = this.#binding.createTensor([], dtype, valuesOf(dtype, value));
    try {
      const type = { ...attr.type('T', 'float32'), value: dtype };
      return this.#binding.executeOp('Fill', [type, attr.type('index_type', 'int32')], [dims, scalar], 1)[0]!
        .id;
    } finally {
      this.#binding.deleteTensor(dims);
      this.#binding.deleteTensor(scalar);
    }
  }
}

/** @throws {Error} For a type that tfjs's tensors do not have. */
function valuesOf(dtype: number, value: number): NativeValues {
  if (dtype === dataTypes.float32) return Float32Array.of(value);
  if (dtype === dataTypes.int32) return Int32Array.of(value);
  if (dtype === dataTypes.bool) return Uint8Array.of(value);
  throw new Error(`Expected a tensor of numbers or of truth values, received TensorFlow's type ${dtype}`);
}
