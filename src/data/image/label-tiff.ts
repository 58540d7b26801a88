/** Writes label images as TIFF, which holds more labels (32 bits) than PNG. */
import { deflateSync } from 'node:zlib';
import type { LabelImage, Labels } from '../geometry/label-image.js';

/** Tags in ascending order, and values: TIFF 6.0, section 8; Deflate (8): Adobe's TIFF Technical Note 3. */
const tags = {
  imageWidth: 256,
  imageLength: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  sampleFormat: 339,
} as const;
const deflated = 8;
const blackIsZero = 1;
const unsigned = 1;

/** Numbers of the field types, and the bytes of one value. */
const short = { type: 3, bytes: 2 } as const;
const long = { type: 4, bytes: 4 } as const;

/** Uncompressed bytes per strip: few compared to the image, enough to compress well. */
const stripBytes = 1 << 20;

/** Offsets have 32 bits. */
const largestFile = 2 ** 32 - 1;

/**
 * A little-endian TIFF with one grey channel, 16-bit if the labels fit and 32-bit if not, in pieces. All compressed strips
 * are in memory at once; they take a fiftieth of a usual label image.
 *
 * @throws {RangeError} For a negative label, if `labels` does not have `width * height` values, or beyond 4 GB.
 */
export function labelTiff({ width, height, labels }: LabelImage): Buffer[] {
  if (labels.length !== width * height) {
    throw new RangeError(`Expected ${width} x ${height} labels, received ${labels.length}`);
  }
  let largest = 0;
  for (const label of labels) {
    if (label < 0) throw new RangeError(`Expected labels from 0, received ${label}`);
    if (label > largest) largest = label;
  }
  const isShort = largest <= 65535;
  const rowsPerStrip = Math.min(height, Math.ceil(stripBytes / (width * (isShort ? 2 : 4))));
  const strips: Buffer[] = [];
  for (let row = 0; row < height; row += rowsPerStrip) {
    strips.push(
      deflateSync(littleEndian(labels.subarray(row * width, (row + rowsPerStrip) * width), isShort)),
    );
  }
  const offsets: number[] = [];
  let end = headerBytes;
  for (const strip of strips) {
    offsets.push(end);
    end += strip.length;
  }
  // The directory must begin at an even offset.
  const padding = Buffer.alloc(end % 2);
  const directory = encodeDirectory(end + padding.length, [
    { tag: tags.imageWidth, ...long, values: [width] },
    { tag: tags.imageLength, ...long, values: [height] },
    { tag: tags.bitsPerSample, ...short, values: [isShort ? 16 : 32] },
    { tag: tags.compression, ...short, values: [deflated] },
    { tag: tags.photometric, ...short, values: [blackIsZero] },
    { tag: tags.stripOffsets, ...long, values: offsets },
    { tag: tags.samplesPerPixel, ...short, values: [1] },
    { tag: tags.rowsPerStrip, ...long, values: [rowsPerStrip] },
    { tag: tags.stripByteCounts, ...long, values: strips.map(({ length }) => length) },
    { tag: tags.sampleFormat, ...short, values: [unsigned] },
  ]);
  if (end + padding.length + directory.length > largestFile) {
    throw new RangeError('The label image takes more than 4 GB as a TIFF');
  }
  const header = Buffer.alloc(headerBytes);
  header.write('II', 'latin1');
  header.writeUInt16LE(42, 2);
  header.writeUInt32LE(end + padding.length, 4);
  return [header, ...strips, padding, directory];
}

const headerBytes = 8;

function littleEndian(labels: Labels, isShort: boolean): Buffer {
  const bytes = Buffer.alloc(labels.length * (isShort ? 2 : 4));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let index = 0; index < labels.length; index++) {
    if (isShort) view.setUint16(2 * index, labels[index]!, true);
    else view.setUint32(4 * index, labels[index]!, true);
  }
  return bytes;
}

interface Entry {
  readonly tag: number;
  readonly type: number;
  /** Bytes of one value. */
  readonly bytes: number;
  readonly values: readonly number[];
}

/** @param offset Where in the file it begins. */
function encodeDirectory(offset: number, entries: readonly Entry[]): Buffer {
  const directory = Buffer.alloc(2 + 12 * entries.length + 4);
  directory.writeUInt16LE(entries.length);
  const longValues: Buffer[] = [directory];
  let end = offset + directory.length;
  for (const [index, { tag, type, bytes, values }] of entries.entries()) {
    const at = 2 + 12 * index;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(values.length, at + 4);
    const encoded = Buffer.alloc(Math.max(4, values.length * bytes));
    values.forEach((value, k) => encoded.writeUIntLE(value, k * bytes, bytes));
    // Up to four bytes of values are in the entry itself, more are elsewhere.
    if (encoded.length === 4) {
      directory.set(encoded, at + 8);
      continue;
    }
    directory.writeUInt32LE(end, at + 8);
    longValues.push(encoded);
    end += encoded.length;
  }
  return Buffer.concat(longValues);
}
