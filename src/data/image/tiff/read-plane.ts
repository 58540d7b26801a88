/** Reads the pixels of one plane of a TIFF file, as they are stored. */
import type { FileBytes } from '../../files/file-bytes.js';
import { photometric } from '../png-tiff-headers.js';
import { bigEndianBlocks, swap } from './big-endian.js';
import { compressionName, decodable, type TiffDirectory } from './directory.js';
import type { TiffFile } from './tiff-file.js';
import { isColour, type PlanePlace } from './plane-axes.js';
import { cutOff, TiffProblem } from './tiff-problem.js';
import { isWide, narrowIntegers, readWideIntegers } from './wide-integers.js';

export type PlaneValues =
  Uint8Array | Uint16Array | Uint32Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

export interface Region {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** `[height, width, samples]` of a region. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly samples: number;
  readonly values: PlaneValues;
}

/**
 * @param region Whole px within the directory.
 * @throws {TiffProblem} For a compression that is not read, and planes that the file does not have.
 */
export async function readPlane(
  { directories, bytes }: Pick<TiffFile, 'directories' | 'bytes'>,
  { directory: index, sample, behind }: PlanePlace,
  region: Region,
): Promise<Plane> {
  const directory = directories[index]!;
  checkMeaning(directory, sample);
  const width = region.x2 - region.x1;
  const height = region.y2 - region.y1;
  const samples = sample === undefined ? colourSamples(directory) : 1;
  const values =
    behind > 0 || isPlain(directory)
      ? await readBehind(directory, behind, region, bytes)
      : await readDecoded(
          directory,
          sample === undefined ? Array.from({ length: samples }, (_, i) => i) : [sample],
          region,
        );
  return {
    width,
    height,
    samples,
    values: directory.photometric === photometric.whiteIsZero ? inverted(values, directory) : values,
  };
}

/** Numbers of colours that are not read would pass for brightness. */
function checkMeaning(directory: TiffDirectory, sample: number | undefined): void {
  const { photometric: meaning, compression } = directory;
  const isBrightness = readMeanings.has(meaning) || (sample !== undefined && !isColour(directory));
  if (!isBrightness && decodable.has(compression))
    throw new TiffProblem(
      `its pixels are ${meaningNames.get(meaning) ?? `of the kind ${meaning}`}`,
      'Save it as 8- or 16-bit grey or RGB.',
    );
}

const readMeanings: ReadonlySet<number> = new Set([
  photometric.whiteIsZero,
  photometric.blackIsZero,
  photometric.rgb,
]);

/** For errors: of TIFF's numbers, tag 262. */
const meaningNames = new Map<number, string>([
  [photometric.palette, 'numbers of a palette of colours'],
  [photometric.cmyk, 'colours of a printer (CMYK)'],
  [photometric.yCbCr, 'colours as YCbCr without JPEG'],
  [photometric.lab, 'colours as CIELAB'],
  [32_803, 'those of a camera sensor (CFA)'],
]);

const colourSamples = ({ photometric: meaning, samples }: TiffDirectory) =>
  meaning === photometric.rgb && samples >= 3 ? 3 : 1;

async function readDecoded(
  directory: TiffDirectory,
  samples: readonly number[],
  { x1, y1, x2, y2 }: Region,
): Promise<PlaneValues> {
  const { image, kind, compression, bits } = directory;
  if (!decodable.has(compression)) {
    const depth = bits > 8 ? ` of ${bits} bits` : '';
    throw new TiffProblem(`its pixels are compressed as ${compressionName(compression)}${depth}`);
  }
  const wide = isWide(directory);
  if (wide && Number((await image.fileDirectory.loadValue('Predictor')) ?? 1) !== 1)
    throw new TiffProblem('its values are whole numbers of 64 bits with a predictor');
  if (wide) readWideIntegers(image, kind);
  const read = await image.readRasters({
    window: [x1, y1, x2, y2],
    samples: [...samples],
    interleave: true,
    pool: image.littleEndian ? null : bigEndianBlocks,
  });
  // Without the width and height that geotiff adds to the array.
  const values = read.subarray(0);
  // geotiff unpacks such samples into the order of this machine's bytes, and reads that in the order of the file's.
  const isPacked = kind === 'uint' && bits > 8 && bits % 8 !== 0;
  if (isPacked && !image.littleEndian)
    swap(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), values.BYTES_PER_ELEMENT);
  return wide ? narrowIntegers(values as Float64Array, kind) : values;
}

/** Whether the bytes of a plane are its values, row by row: to copy them takes a third of the time. */
const isPlain = ({ contiguous, width, height, samples, bits, kind }: TiffDirectory): boolean =>
  samples === 1 &&
  (kind === 'float' ? bits >= 32 : bits % 8 === 0 && bits !== 24) &&
  contiguous?.bytes === (width * height * bits) / 8;

/** Planes behind one directory lie in one piece, without compression. */
async function readBehind(
  directory: TiffDirectory,
  behind: number,
  { x1, y1, x2, y2 }: Region,
  file: FileBytes,
): Promise<PlaneValues> {
  const { contiguous, width, height, samples, bits } = directory;
  if (!contiguous || directory.isPlanar)
    throw new TiffProblem('its planes lie behind one directory, and are compressed or in tiles');
  const pixelBytes = (samples * bits) / 8;
  const rowBytes = width * pixelBytes;
  const planeBytes = rowBytes * height;
  const bytes = new Uint8Array((y2 - y1) * (x2 - x1) * pixelBytes);
  const start = contiguous.offset + behind * planeBytes;
  const rows = await file.read(start + y1 * rowBytes, (y2 - y1) * rowBytes);
  if (rows.length < (y2 - y1) * rowBytes) throw cutOff(`it ends within plane ${behind + 1}`);
  const part = (x2 - x1) * pixelBytes;
  for (let y = 0; y < y2 - y1; y++)
    bytes.set(rows.subarray(y * rowBytes + x1 * pixelBytes, y * rowBytes + x1 * pixelBytes + part), y * part);
  if (!directory.image.littleEndian) swap(bytes, bits / 8);
  return typed(bytes.buffer, directory);
}

function typed(buffer: ArrayBuffer, { kind, bits }: TiffDirectory): PlaneValues {
  switch (`${kind}${bits}`) {
    case 'uint8':
      return new Uint8Array(buffer);
    case 'uint16':
      return new Uint16Array(buffer);
    case 'uint32':
      return new Uint32Array(buffer);
    case 'int8':
      return new Int8Array(buffer);
    case 'int16':
      return new Int16Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'uint64':
      return narrowIntegers(Float64Array.from(new BigUint64Array(buffer), Number), kind);
    case 'int64':
      return narrowIntegers(Float64Array.from(new BigInt64Array(buffer), Number), kind);
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
    default:
      throw new TiffProblem(`its values have ${bits} bits`);
  }
}

/** White stored as 0, turned round: whole numbers within their type, others by their sign, which keeps their differences. */
function inverted(values: PlaneValues, { kind, bits }: TiffDirectory): PlaneValues {
  if (kind === 'uint' && bits === 64)
    throw new TiffProblem('its values are whole numbers of 64 bits without a sign, with white as 0');
  const most = kind === 'uint' ? 2 ** bits - 1 : kind === 'int' ? -1 : 0;
  return values.map((value: number) => most - value);
}
