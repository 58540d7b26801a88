/** Whole numbers of 64 bits, which label images of NumPy have: read where 32 bits hold them. */
import type { TiffDirectory } from './directory.js';
import { TiffProblem } from './tiff-problem.js';

type Wide = Pick<TiffDirectory, 'kind' | 'bits'>;

export const isWide = ({ kind, bits }: Wide): boolean => kind !== 'float' && bits === 64;

/** TIFF's number of floating-point samples. */
const floating = 3;

/** Makes geotiff read them: it knows arrays of 64 bits for floating-point numbers alone. */
export function readWideIntegers(image: TiffDirectory['image'], kind: TiffDirectory['kind']): void {
  const formats = Array<number>(image.getSamplesPerPixel()).fill(floating);
  image.fileDirectory.actualizedFields.set(sampleFormatTag, formats);
  image.getReaderForSample = () =>
    function (this: DataView, offset: number, littleEndian?: boolean) {
      // Beyond 2 ** 53 it is near enough to be refused.
      return Number(
        kind === 'uint' ? this.getBigUint64(offset, littleEndian) : this.getBigInt64(offset, littleEndian),
      );
    };
}

const sampleFormatTag = 339;

/** @throws {TiffProblem} For a value that does not fit. */
export function narrowIntegers(values: Float64Array, kind: TiffDirectory['kind']): Uint32Array | Int32Array {
  const [least, most] = kind === 'uint' ? [0, 2 ** 32 - 1] : [-(2 ** 31), 2 ** 31 - 1];
  for (const value of values)
    if (value < least || value > most)
      throw new TiffProblem(
        `its values are whole numbers of 64 bits, and ${BigInt(value)} does not fit into 32`,
        'Save it with 32 bits: in Python tifffile.imwrite(name, array.astype(numpy.int32)).',
      );
  return kind === 'uint' ? Uint32Array.from(values) : Int32Array.from(values);
}
