/**
 * The element types of safetensors, in the descending order in which a file holds its tensors. Values of types
 * without a typed array are kept as bits.
 *
 * Source: `Dtype` of the Rust crate safetensors 0.8.
 */
export const arrays = {
  U64: BigUint64Array,
  I64: BigInt64Array,
  F64: Float64Array,
  F32: Float32Array,
  U32: Uint32Array,
  I32: Int32Array,
  BF16: Uint16Array,
  F16: Uint16Array,
  U16: Uint16Array,
  I16: Int16Array,
  I8: Int8Array,
  U8: Uint8Array,
  /** 0 or 1 per byte. */
  BOOL: Uint8Array,
} as const;

export type Dtype = keyof typeof arrays;

/** A tensor as it is stored in a file: row by row, without padding. */
export type StoredTensor = {
  readonly [D in Dtype]: {
    readonly dtype: D;
    /** Empty for a scalar. */
    readonly shape: readonly number[];
    readonly data: InstanceType<(typeof arrays)[D]>;
  };
}[Dtype];

export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** The number of elements of a shape; 1 for a scalar. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

export const bytesOf = ({ data }: StoredTensor): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Longer than any path of layers; keeps a header with many names readable. */
const maxNameLength = 512;

/**
 * Why a tensor may not have this name; `undefined` if it may.
 *
 * Names become keys of objects and parts of paths in other programs: no `__proto__`, no `..`.
 */
export function faultOfName(name: string): string | undefined {
  if (name.length > maxNameLength) return `is longer than ${maxNameLength} characters`;
  if (!/^[\w.:/-]+$/u.test(name)) return 'is not made of ASCII letters, digits and _ . : / -';
  if (name.split('/').some((part) => ['', '.', '..', '__proto__'].includes(part)))
    return 'has a part that is empty, `.`, `..` or `__proto__`';
  return undefined;
}
