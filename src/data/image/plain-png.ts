/**
 * Decodes the usual kind of mask: an 8-bit grey PNG, not interlaced, without chunks that change how it looks.
 *
 * Masks are most of the files of a dataset, and sharp takes three times as long for them (bench/data-read.ts). All other
 * files, damaged ones included, are left to sharp.
 */
import { promisify } from 'node:util';
import { crc32, inflate } from 'node:zlib';
import { maxPixels } from './image-header.js';
import type { Image } from './image.js';

const inflateAsync = promisify(inflate);
/** Chunks that do not affect the pixels: resolution, time and texts (PNG 11.3.3 to 11.3.5). */
const harmless = new Set(['pHYs', 'tIME', 'tEXt', 'zTXt', 'iTXt']);

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/**
 * @param bytes A whole file, of any format.
 * @returns The image; undefined for other files, for more than 67 megapixels, and for damaged files.
 *
 * Source: PNG third edition (W3C 2025), 5 (chunks), 7.2 and 9 (scanlines and filters), 11.2 (header).
 */
export async function decodePlainPng(bytes: Buffer): Promise<Image | undefined> {
  const chunks = splitChunks(bytes);
  const header = chunks?.shift();
  if (header?.type !== 'IHDR' || header.data.length !== 13) return undefined;
  if (chunks?.pop()?.type !== 'IEND' || chunks.some(({ type }) => type !== 'IDAT' && !harmless.has(type)))
    return undefined;
  const width = header.data.readUInt32BE(0);
  const height = header.data.readUInt32BE(4);
  // Bit depth 8, colour type 0 (grey), and the only compression, filter method and interlacing that matter.
  if (header.data.readUIntBE(8, 5) !== 0x0800000000) return undefined;
  if (width === 0 || height === 0 || width * height > maxPixels) return undefined;
  const size = (width + 1) * height;
  try {
    const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
    const scanlines = await inflateAsync(packed, { maxOutputLength: size, chunkSize: Math.max(64, size) });
    if (scanlines.length !== size) return undefined;
    const data = unfilter(scanlines, width, height);
    return data && { width, height, channels: 1, data };
  } catch {
    return undefined;
  }
}

function splitChunks(bytes: Buffer): { type: string; data: Buffer }[] | undefined {
  if (!bytes.subarray(0, 8).equals(signature)) return undefined;
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 8; at < bytes.length;) {
    if (at + 12 > bytes.length) return undefined;
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) return undefined;
    if (crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end)) return undefined;
    chunks.push({ type: bytes.toString('latin1', at + 4, at + 8), data: bytes.subarray(at + 8, end) });
    at = end + 4;
  }
  return chunks;
}

/**
 * Undoes the filters of 1-byte pixels in place. Each scanline begins with the number of its filter, so the pixels
 * move up by one byte a row.
 */
function unfilter(bytes: Buffer, width: number, height: number): Uint8Array | undefined {
  for (let row = 0; row < height; row++) {
    const source = row * (width + 1) + 1;
    const filter = bytes[source - 1]!;
    const first = row * width;
    bytes.copyWithin(first, source, source + width);
    if (filter === 0) continue;
    if (filter > 4) return undefined;
    for (let x = 0, at = first; x < width; x++, at++) {
      const left = x > 0 ? bytes[at - 1]! : 0;
      const up = row > 0 ? bytes[at - width]! : 0;
      if (filter === 1) bytes[at]! += left;
      else if (filter === 2) bytes[at]! += up;
      else if (filter === 3) bytes[at]! += (left + up) >> 1;
      else bytes[at]! += paeth(left, up, x > 0 && row > 0 ? bytes[at - width - 1]! : 0);
    }
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, width * height);
}

/** The neighbour that is closest to left + up - corner. */
function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
