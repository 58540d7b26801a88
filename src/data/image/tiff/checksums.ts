/** Notices damage that libvips does not. */
import { createInflate } from 'node:zlib';
import type { FileBytes } from '../../files/file-bytes.js';
import type { TiffDirectory } from './directory.js';
import { TiffProblem } from './tiff-problem.js';

/** TIFF's numbers of Deflate, the only compression that libvips reads here with a checksum. */
const deflate = new Set([8, 32_946]);

/** Strips or tiles that are looked at at once. */
const atOnce = 4;

/**
 * Looks at the checksum of every strip or tile; libtiff stops before it, and damaged pixels pass for whole ones. Does nothing where
 * the compression has none.
 *
 * @throws {TiffProblem} Naming the first strip or tile that is damaged.
 */
export async function checkDeflate(
  { compression, pieces, isTiled }: TiffDirectory,
  file: FileBytes,
): Promise<void> {
  if (!deflate.has(compression)) return;
  for (let first = 0; first < pieces.length; first += atOnce) {
    const some = pieces.slice(first, first + atOnce);
    const whole = await Promise.all(
      some.map(async ({ offset, length }) => length === 0 || isWhole(await file.read(offset, length))),
    );
    const at = whole.indexOf(false);
    if (at === -1) continue;
    const name = `${isTiled ? 'tile' : 'strip'} ${first + at + 1} of ${pieces.length}`;
    throw new TiffProblem(`${name} of its pixels is damaged`, 'Copy or export the image again.');
  }
}

/** Without keeping what it unpacks. An end that is missing is not looked at: libtiff notices if pixels are missing. */
function isWhole(packed: Uint8Array): Promise<boolean> {
  const stream = createInflate();
  return new Promise((resolve) => {
    stream.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'Z_DATA_ERROR'));
    stream.on('end', () => resolve(true));
    stream.resume().end(packed);
  });
}
