/**
 * Arrays of NumPy: .npy files, and .npz archives of them.
 *
 * Source: numpy.org/doc/stable/reference/generated/numpy.lib.format.html (the format; the code is ours).
 */
import type { StoredValues } from '../../image/label-values.js';
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

/**
 * The values of an image in an array, row by row; truth values as 0 and 255, as images of one bit have them.
 *
 * @throws {NucleateError} Exit code 3 for other than real numbers, and for more dimensions than height, width and three
 *   colours; dimensions of 1 do not count.
 */
export function valuesOfArray({ dtype, shape, isFortran, bytes }: NumpyArray, place: string): StoredValues {
  const [height, width, colours = 1] = sidesOf(shape, place);
  const [, order, kind, itemSize] = /^([<>|=]?)([uibf])([1248])$/u.exec(dtype) ?? [];
  const itemBytes = Number(itemSize);
  if (kind === undefined || (kind === 'f' && itemBytes < 4) || (kind === 'b' && itemBytes > 1))
    throw annotationError(place, `The array has the type ${dtype}, not whole numbers.`, saveAgain);
  const count = height * width * colours;
  if (count * itemBytes > bytes.length) {
    const what = `The array has ${bytes.length} bytes, which is too few for its shape.`;
    throw annotationError(place, what, saveAgain);
  }
  const valueAt = reader(bytes, kind, itemBytes, order === '>');
  const values = arrayFor(kind, itemBytes, count);
  for (let index = 0; index < count; index++) {
    const to = isFortran ? rowMajor(index, height, width, colours) : index;
    values[to] = kind === 'b' ? 255 * Number(valueAt(index) !== 0) : valueAt(index * itemBytes);
  }
  return { width, height, channels: colours === 3 ? 3 : 1, values };
}

/** Height and width, and 3 for colours. */
function sidesOf(shape: readonly number[], place: string): [number, number, 3?] {
  const sides = [...shape];
  while (sides.length > 2 && sides[0] === 1) sides.shift();
  while (sides.length > 2 && sides.at(-1) === 1) sides.pop();
  const [height = 0, width = 0, colours] = sides;
  if (height > 0 && width > 0 && sides.length === 2) return [height, width];
  if (height > 0 && width > 0 && sides.length === 3 && colours === 3) return [height, width, 3];
  const what = `The labels have the shape (${shape.join(', ')}), not (height, width).`;
  throw annotationError(place, what, 'Save the labels of one plane: an array of two dimensions.');
}

/** The place, row by row, of a value that is stored with the first index changing fastest. */
function rowMajor(index: number, height: number, width: number, colours: number): number {
  const [y, rest] = [index % height, Math.floor(index / height)];
  return (y * width + (rest % width)) * colours + Math.floor(rest / width);
}

function arrayFor(kind: string, itemBytes: number, count: number): StoredValues['values'] {
  if (kind === 'b' || (kind === 'u' && itemBytes === 1)) return new Uint8Array(count);
  if (kind === 'u' && itemBytes === 2) return new Uint16Array(count);
  if (kind === 'i' && itemBytes <= 4) return new Int32Array(count);
  // Exact up to 2^53, which is more than labels may have.
  return kind === 'f' && itemBytes === 4 ? new Float32Array(count) : new Float64Array(count);
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
