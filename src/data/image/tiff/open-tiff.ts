/** Opens TIFF files. The only file that makes geotiff's readers. */
import type { FileBytes } from '../../files/file-bytes.js';
import { planeAxes } from './axes.js';
import { readDirectories } from './directory.js';
import { checkSmallerVersion } from './smaller-version.js';
import type { TiffFile } from './tiff-file.js';

/**
 * @param bytes Parts of them are read when they are needed, so they stay open as long as the file is used.
 * @throws {TiffProblem} If its directories or planes cannot be understood; any other error if it is damaged.
 */
export async function openTiff(bytes: FileBytes): Promise<TiffFile> {
  const { GeoTIFF } = await import('geotiff');
  await import('./zstd.js');
  const directories = await readDirectories(await GeoTIFF.fromSource(sourceOf(bytes)), bytes.size);
  const file = { directories, axes: planeAxes(directories), bytes };
  for (const page of file.axes.smaller ?? []) await checkSmallerVersion(file, page);
  return file;
}

interface Slice {
  readonly offset: number;
  readonly length: number;
}

/** The bytes as geotiff asks for them. */
function sourceOf(bytes: FileBytes) {
  const read = async ({ offset, length }: Slice) => (await bytes.read(offset, length)).buffer;
  return {
    fileSize: bytes.size,
    fetch: (slices: readonly Slice[]) => Promise.all(slices.map(read)),
    fetchSlice: async (slice: Slice) => ({ ...slice, data: await read(slice) }),
    close: () => Promise.resolve(),
  };
}
