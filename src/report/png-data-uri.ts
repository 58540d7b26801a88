import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeImage } from '../data/image-io.js';
import type { Image } from '../data/image.js';

/** An image as a PNG within a URI. By way of a file, since src/data/image-io.ts only writes files. */
export async function pngDataUri(image: Image): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nucleate-png-'));
  try {
    const path = join(folder, 'image.png');
    await writeImage(path, image);
    return `data:image/png;base64,${(await readFile(path)).toString('base64')}`;
  } finally {
    await rm(folder, { recursive: true });
  }
}
