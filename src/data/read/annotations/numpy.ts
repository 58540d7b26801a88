/**
 * Arrays of NumPy: .npy files, and .npz archives of them.
 *
 * Source: numpy.org/doc/stable/reference/generated/numpy.lib.format.html (the format; the code is ours).
 */
import type { Size } from '../../geometry/rect.js';
import { annotationError } from './json.js';

/** An array, its bytes not copied. */
export interface NumpyArray {
  /** As NumPy writes it: '<u2' is little-endian, unsigned, 2 bytes. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Whether the first index changes fastest. */
  readonly isFortran: boolean;
  readonly bytes: Buffer;
}

const magic = '\x93NUMPY';

const isNpy = (bytes: Buffer): boolean => bytes.toString('latin1', 0, magic.length) === magic;

/** The array of a file, as the header says; of objects, the bytes are a pickle. */
export function readNpy(bytes: Buffer, place: string): NumpyArray {
  const damaged = () =>
    annotationError(place, 'The file is not an array of NumPy, or is damaged.', saveAgain);
  if (!isNpy(bytes) || bytes.length < 12) throw damaged();
  const isLong = bytes[6]! >= 2;
  const start = isLong ? 12 : 10;
  const end = start + (isLong ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8));
  if (end > bytes.length) throw damaged();
  const header = bytes.toString('latin1', start, Math.min(end, start + longestHeader));
  const dtype = /'descr':\s*'([^']{1,20})'/u.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/u.exec(header)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/u.exec(header)?.[1];
  if (dtype === undefined || order === undefined || shape === undefined) throw damaged();
  const sides = shape.split(',').map((side) => side.trim()).filter(Boolean).map(Number); // prettier-ignore
  return { dtype, shape: sides, isFortran: order === 'True', bytes: bytes.subarray(end) };
}

/** Headers are dictionaries of three entries. */
const longestHeader = 4096;
const saveAgain = 'Save the array again with numpy.save.';

/** Labels, row by row, and the size of their image. */
export interface LabelArray extends Size {
  readonly labels: Int32Array;
}

/** Largest label of an Int32Array. */
const largestLabel = 2 ** 31 - 1;

/**
 * The labels of an array of any whole numbers, or of floats that are whole.
 *
 * @throws {NucleateError} Exit code 3 for other arrays, more than two sides above 1, and labels below 0 or with a fraction.
 */
export function labelsOfArray({ dtype, shape, isFortran, bytes }: NumpyArray, place: string): LabelArray {
  const sides = shape.length > 2 ? shape.slice(shape.findIndex((side, index) => side !== 1 || index === shape.length - 2)) : shape; // prettier-ignore
  const [height, width] = sides;
  if (sides.length !== 2 || !(height! > 0) || !(width! > 0)) {
    const what = `The labels have the shape (${shape.join(', ')}), not (height, width).`;
    throw annotationError(place, what, 'Save the labels of one plane: an array of two dimensions.');
  }
  const [, order, kind, width8] = /^([<>|=]?)([uibf])([1248])$/u.exec(dtype) ?? [];
  const itemBytes = Number(width8);
  if (kind === undefined || (kind === 'f' && itemBytes < 4) || (kind === 'b' && itemBytes > 1))
    throw annotationError(place, `The array has the type ${dtype}, not whole numbers.`, saveAgain);
  const count = height! * width!;
  if (count * itemBytes > bytes.length)
    throw annotationError(
      place,
      `The array has ${bytes.length} bytes, which is too few for its shape.`,
      saveAgain,
    );
  const valueAt = reader(bytes, kind, itemBytes, order === '>');
  const labels = new Int32Array(count);
  for (let index = 0; index < count; index++) {
    const value = valueAt(index * itemBytes);
    if (!Number.isInteger(value) || value < 0 || value > largestLabel) {
      const what = `The array has the value ${value}; labels are whole numbers from 0, the background.`;
      throw annotationError(place, what, 'Save the labels, not probabilities or distances.');
    }
    labels[isFortran ? (index % height!) * width! + Math.floor(index / height!) : index] = value;
  }
  return { width: width!, height: height!, labels };
}

/** Reads one number of a type from an offset. */
function reader(bytes: Buffer, kind: string, itemBytes: number, isBig: boolean): (offset: number) => number {
  if (kind === 'f') {
    if (itemBytes === 4) return (offset) => (isBig ? bytes.readFloatBE(offset) : bytes.readFloatLE(offset));
    return (offset) => (isBig ? bytes.readDoubleBE(offset) : bytes.readDoubleLE(offset));
  }
  if (itemBytes === 8) {
    if (kind === 'u')
      return (offset) => Number(isBig ? bytes.readBigUInt64BE(offset) : bytes.readBigUInt64LE(offset));
    return (offset) => Number(isBig ? bytes.readBigInt64BE(offset) : bytes.readBigInt64LE(offset));
  }
  if (kind === 'i')
    return (offset) => (isBig ? bytes.readIntBE(offset, itemBytes) : bytes.readIntLE(offset, itemBytes));
  return (offset) => (isBig ? bytes.readUIntBE(offset, itemBytes) : bytes.readUIntLE(offset, itemBytes));
}
