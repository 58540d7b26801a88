import type { FileTree } from '../files/file-tree.js';
import { runsOfPixels, type Mask } from '../geometry/mask.js';
import type { Size } from '../geometry/rect.js';
import { readMaskImage } from '../image/image-io.js';
import { stemOf } from './layout.js';

/** A mask, and the size of its file. */
export interface SizedMask extends Size {
  readonly mask: Mask;
  readonly place: string;
}

/**
 * Reads the mask of one nucleus.
 *
 * @throws {NucleateError} Exit code 3 as {@link readMaskImage}.
 */
export async function readMaskFile(tree: Pick<FileTree, 'read' | 'place'>, file: string): Promise<SizedMask> {
  const place = tree.place(file);
  const { width, height, data } = await readMaskImage(await tree.read(file), place);
  const runs = runsOfPixels(data, { width, height });
  const mask = { name: stemOf(file), runs };
  return { width, height, place, mask: hasOneValue(data, runs) ? mask : { ...mask, isBlurred: true } };
}

/** Whether all pixels of a mask have the same value. */
function hasOneValue(pixels: ArrayLike<number>, runs: Int32Array): boolean {
  const value = pixels[runs[0] ?? 0];
  for (let run = 0; run < runs.length; run += 2) {
    for (let at = runs[run]!, end = at + runs[run + 1]!; at < end; at++)
      if (pixels[at] !== value) return false;
  }
  return true;
}
