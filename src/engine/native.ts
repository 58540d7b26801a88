import { tf } from '../tf.js';

/** The attribute of an operation, as tfjs-node's binding takes it. */
export interface NativeAttribute {
  readonly name: string;
  /** One of the binding's `TF_ATTR_*`. */
  readonly type: number;
  readonly value: unknown;
}

/** A tensor that an operation returned: a handle of the native library, its shape, and a `TF_*` data type. */
export interface NativeTensor {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** The values of a tensor made in JavaScript; of strings, one array each. */
export type NativeValues = Float32Array | Int32Array | Uint8Array | Uint8Array[];

/** The members of tfjs-node's binding that are used here. Every computation and every read passes through it. */
export interface Binding {
  createTensor(shape: number[], dtype: number, values: NativeValues): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): unknown;
  executeOp(op: string, attributes: NativeAttribute[], inputs: number[], outputs: number): NativeTensor[];
  loadSavedModel(folder: string, tags: string): number;
  runSavedModel(session: number, inputs: number[], inputNames: string, outputNames: string): NativeTensor[];
  /** The same while JavaScript goes on (setup/async_run.cc); the session must be there until the promise is settled. */
  runSavedModelAsync(
    session: number,
    inputs: number[],
    inputNames: string,
    outputNames: string,
  ): Promise<NativeTensor[]>;
  deleteSavedModel(session: number): void;
  getNumOfSavedModels(): number;
}

/** The members of tfjs-node's backend that are used here; its package does not type them. */
export interface NativeBackend {
  binding: Binding;
  readonly isUsingGpuDevice: boolean;
  readonly tensorMap: { get(dataId: object): { readonly id: number } };
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[];
  createOutputTensor(tensor: NativeTensor): tf.Tensor;
  executeMultipleOutputs(
    op: string,
    attributes: readonly NativeAttribute[],
    inputs: readonly tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
}

/** The backend of TensorFlow's native library; undefined if another backend computes. */
export function findNativeBackend(): NativeBackend | undefined {
  return tf.getBackend() === 'tensorflow' ? (tf.backend() as unknown as NativeBackend) : undefined;
}

/** @throws {Error} If WebAssembly computes. */
export function nativeBackend(): NativeBackend {
  const backend = findNativeBackend();
  if (!backend) throw new Error(`Expected the native backend, but ${tf.getBackend()} computes.`);
  return backend;
}

/** `TF_ATTR_*` of tensorflow/c/tf_attrtype.h. */
export const attributeKinds = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5 } as const;

/** `TF_*` of tensorflow/c/tf_datatype.h, equal to `DT_*` of tensorflow/core/framework/types.proto. */
export const dataTypes = {
  float32: 1,
  int32: 3,
  uint8: 4,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  float16: 19,
  resource: 20,
} as const;

const attribute =
  <Value>(kind: keyof typeof attributeKinds) =>
  (name: string, value: Value): NativeAttribute => ({ name, type: attributeKinds[kind], value });

/** Makes the attributes of an operation: `attr.float('epsilon', 1e-3)`. */
export const attr = {
  string: attribute<string>('string'),
  int: attribute<number>('int'),
  ints: attribute<readonly number[]>('int'),
  float: attribute<number>('float'),
  bool: attribute<boolean>('bool'),
  shape: attribute<readonly number[]>('shape'),
  type: (name: string, type: keyof typeof dataTypes) => attribute<number>('type')(name, dataTypes[type]),
};
