import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { openPlainFile } from '../../plain-file.js';
import { fileError } from '../../data/files/read-bytes.js';
import { readImages } from '../../data/image/image-io.js';
import type { Image } from '../../data/image/image.js';
import type { PlaneChoice } from '../../data/image/plane-choice.js';
import { type OpenedImages, openImages } from '../../data/image/stored-image.js';

/** An image to predict. */
export interface ListedImage {
  /** A path; `set.zip!/a.png` for an image within a file. */
  readonly file: string;
  /** Unique name for its outputs: its id, or its path below the folder that was named, without the ending. */
  readonly name: string;
  /** In the dataset that was named; absent for an image that is in none. */
  readonly id?: string;
  /** Gives an image within a file: the bytes of its file, or what they hold. Absent for a file of its own. */
  readonly read?: () => Promise<Buffer | Image>;
}

/**
 * The images that a choice makes of a listed image, in memory, see {@link readImages}.
 *
 * @throws {NucleateError} Exit code 3 if one cannot be read.
 */
export async function* readListed(
  { file, read }: ListedImage,
  planes: PlaneChoice,
): AsyncGenerator<Image, void, undefined> {
  yield* readImages(read ? await read() : file, planes, file);
}

/**
 * The images that a choice makes of a listed image, not read yet, see {@link openImages}.
 *
 * @returns The caller closes it, and stored images.
 * @throws {NucleateError} Exit code 3 if its header cannot be read, or the choice does not fit it.
 */
export const openListed = async ({ file, read }: ListedImage, planes: PlaneChoice): Promise<OpenedImages> =>
  openImages(read ? await read() : file, planes, { place: file });

/**
 * SHA-256 of a listed image in hexadecimal: of its file, or of the pixels where a dataset holds only those.
 *
 * @throws {NucleateError} Exit code 3 if it cannot be read.
 */
export async function hashListed({ file, read }: ListedImage): Promise<string> {
  const hash = createHash('sha256');
  if (!read) {
    try {
      const opened = await openPlainFile(file);
      await pipeline(opened.createReadStream(), hash);
    } catch (cause) {
      throw fileError(file, `The file cannot be read: ${(cause as Error).message}.`, cause);
    }
    return hash.digest('hex');
  }
  const content = await read();
  if (!('width' in content)) return hash.update(content).digest('hex');
  const { width, height, channels, data } = content;
  hash.update(`${width} ${height} ${channels} ${data.BYTES_PER_ELEMENT}\n`);
  return hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).digest('hex');
}
