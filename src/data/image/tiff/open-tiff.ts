/** Opens TIFF files: from their bytes, or piece by piece from the disk. The only file that knows geotiff. */
import { open, type FileHandle } from 'node:fs/promises';
import type { GeoTIFF } from 'geotiff';
import { type PlaneAxes, planeAxes } from './axes.js';
import { readDirectories, type TiffDirectory } from './directory.js';

/** A TIFF file that is open; nothing but its directories has been read. */
export interface TiffFile {
  /** The main directories, in their order; at least one. */
  readonly directories: readonly TiffDirectory[];
  readonly axes: PlaneAxes;
  /** @returns Fewer bytes where the file ends before. */
  readonly readBytes: (offset: number, length: number) => Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Whether bytes begin as a TIFF or BigTIFF file of either byte order does. */
export function isTiff(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
  return ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(start);
}

/**
 * @param source A path, whose file is read piece by piece, or the bytes of a file.
 * @returns The caller closes it.
 * @throws {Error} Why it cannot be read, as the end of a sentence.
 */
export async function openTiff(source: string | Uint8Array): Promise<TiffFile> {
  const { fromArrayBuffer, fromFile } = await import('geotiff');
  await import('./zstd.js');
  if (typeof source !== 'string') {
    const { buffer, byteOffset, byteLength } = source;
    const whole = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
    const readBytes = (offset: number, length: number) =>
      Promise.resolve(source.subarray(offset, offset + length));
    return describe(await fromArrayBuffer(whole), byteLength, { readBytes, close: () => Promise.resolve() });
  }
  const handle = await open(source);
  try {
    const tiff = await fromFile(source);
    const close = async () => {
      await handle.close();
      await tiff.close();
    };
    const { size } = await handle.stat();
    return await describe(tiff, size, {
      readBytes: (offset, length) => readAt(handle, offset, length),
      close,
    });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function describe(
  tiff: GeoTIFF,
  fileBytes: number,
  access: Pick<TiffFile, 'readBytes' | 'close'>,
): Promise<TiffFile> {
  const directories = await readDirectories(tiff, fileBytes);
  return { directories, axes: planeAxes(directories), ...access };
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
