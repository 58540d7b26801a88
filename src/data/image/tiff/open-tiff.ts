/** Opens TIFF files. The only file that makes geotiff's readers. */
import { type PlaneAxes, planeAxes } from './axes.js';
import { readDirectories, type TiffDirectory } from './directory.js';

/** A TIFF file of which nothing but its directories has been read. */
export interface TiffFile {
  /** The main directories, in their order; at least one. */
  readonly directories: readonly TiffDirectory[];
  readonly axes: PlaneAxes;
  /** The bytes of the file. */
  readonly bytes: Uint8Array;
}

/**
 * @param bytes Of the file; kept, not copied, if they have memory of their own.
 * @throws {TiffProblem} If its directories or planes cannot be understood; any other error if it is damaged.
 */
export async function openTiff(bytes: Uint8Array): Promise<TiffFile> {
  const { fromArrayBuffer } = await import('geotiff');
  await import('./zstd.js');
  const { buffer, byteOffset, byteLength } = bytes;
  const isWhole = buffer.byteLength === byteLength;
  const memory = isWhole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
  const directories = await readDirectories(await fromArrayBuffer(memory as ArrayBuffer), byteLength);
  return { directories, axes: planeAxes(directories), bytes };
}
