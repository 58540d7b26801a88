import { exitCodes, NucleateError } from '../../errors.js';
import type { FileTree } from '../files/file-tree.js';
import { componentsOf, isOneStack, speckArea } from '../geometry/components.js';
import { piecesOfLabels } from '../geometry/label-pieces.js';
import { areaOf, boxOf, runsOfPixels, type Mask } from '../geometry/mask.js';
import type { Size } from '../geometry/rect.js';
import { readMaskImage } from '../image/label-io.js';
import { hasRims } from '../image/label-check.js';
import { stemOf } from './layout.js';

/** A mask, and the size of its file. */
export interface SizedMask extends Size {
  readonly mask: Mask;
  readonly place: string;
}

/**
 * Reads the mask of one nucleus: 0 and another value. Of a mask that was smoothed, scaled or saved as JPEG the values above
 * half of the largest belong to the nucleus. The one rule for such files, whoever reads them.
 *
 * @param isOnly Whether it is the only mask of its image.
 * @throws {NucleateError} Exit code 3 as {@link readMaskImage}; for a file with several nuclei, or negative values; and for
 *   the foreground of all nuclei, and inverted masks.
 */
export async function readMaskFile(
  tree: Pick<FileTree, 'read' | 'place'>,
  file: string,
  isOnly: boolean,
): Promise<SizedMask> {
  const sized = await readOneMask(tree, file);
  requireOneNucleus(sized, isOnly);
  return sized;
}

/** px; smaller images, such as those of tests, are too small to judge. */
const fewestPixels = 1024;

/** Pieces that one nucleus may have: few where it is the only mask, since that is more often the foreground. */
const mostPieces = { alone: 2, amongOthers: 9 };

/** Part of the image, and of the pixels at its four sides, that no nucleus covers. */
const mostCovered = { image: 0.5, sides: 0.75 };

function requireOneNucleus({ mask, place, width, height }: SizedMask, isOnly: boolean): void {
  if (width * height < fewestPixels) return;
  if (areaOf(mask) > mostCovered.image * width * height) {
    const sides = pixelsAtSides(mask, { width, height });
    if (sides >= mostCovered.sides * 2 * (width + height))
      throw maskError(
        place,
        'The mask covers most of the image and nearly all of its sides: it is inverted.',
        'Save it with 0 outside of the nucleus, and another value inside.',
      );
  }
  if (isOneStack(mask, width)) return;
  const pieces = componentsOf(mask, width).pieces.filter((area) => area >= speckArea);
  if (pieces.length <= (isOnly ? mostPieces.alone : mostPieces.amongOthers)) return;
  throw maskError(
    place,
    `The mask has ${pieces.length} pieces: this is the foreground of several nuclei, not one nucleus.`,
    'Save each nucleus as a mask of its own; or put the file beside the masks as the label image of its image, and take each connected piece for a nucleus: --label-images pieces (data.labelImages).',
  );
}

/** How many pixels of a mask are at the sides of its image. */
function pixelsAtSides({ runs }: Mask, { width, height }: Size): number {
  let sides = 0;
  for (let run = 0; run < runs.length; run += 2) {
    const [start, length] = [runs[run]!, runs[run + 1]!];
    const [x, y] = [start % width, Math.floor(start / width)];
    if (y === 0 || y === height - 1) sides += length;
    else sides += (x === 0 ? 1 : 0) + (x + length === width ? 1 : 0);
  }
  return sides;
}

async function readOneMask(tree: Pick<FileTree, 'read' | 'place'>, file: string): Promise<SizedMask> {
  const place = tree.place(file);
  const { width, height, data } = await readMaskImage(await tree.read(file), place);
  const size = { width, height };
  const isPlain = data instanceof Uint8Array || data instanceof Uint16Array;
  const runs = runsOfPixels(isPlain ? data : Uint8Array.from(data, (value) => (value === 0 ? 0 : 1)), size);
  const name = stemOf(file);
  if (hasOneValue(data, runs)) return { ...size, place, mask: { name, runs } };
  const blurred = runsOfPixels(aboveHalf(data, size, place), size);
  return { ...size, place, mask: { name, runs: blurred, isBlurred: true } };
}

/** Whether all pixels of a mask have the same value. */
function hasOneValue(pixels: ArrayLike<number>, runs: Int32Array): boolean {
  const value = pixels[runs[0] ?? 0]!;
  if (!(value >= 0)) return false;
  for (let run = 0; run < runs.length; run += 2) {
    for (let at = runs[run]!, end = at + runs[run + 1]!; at < end; at++)
      if (pixels[at] !== value) return false;
  }
  return true;
}

/** px around a nucleus in which smoothing and JPEG leave other values: two blocks of JPEG. */
const margin = 16;

/** Levels that fractions are told apart by. */
const levelCount = 1e6;

/**
 * 1 where a value is above half of the largest. What was smoothed has rims of other values, few of them around the middle,
 * and nothing far from the nucleus; labels of several nuclei do not look like this.
 */
function aboveHalf(values: ArrayLike<number> & Iterable<number>, size: Size, place: string): Uint8Array {
  let most = 0;
  let isWhole = true;
  for (const value of values) {
    if (!(value >= 0)) throw severalValues(place);
    if (value > most) most = value;
    isWhole &&= Number.isInteger(value);
  }
  const scale = isWhole && most < 2 ** 31 ? 1 : levelCount / most;
  const levels = Int32Array.from(values, (value) => Math.round(value * scale));
  const top = most * scale;
  const isMiddle = (level: number) => level > top / 4 && level <= (3 * top) / 4;
  const pieces = piecesOfLabels(levels, size);
  const inside = Uint8Array.from(levels, (level) => (level > top / 2 ? 1 : 0));
  const middle = levels.reduce((count, level) => count + (isMiddle(level) ? 1 : 0), 0);
  const high = inside.reduce((count, pixel) => count + pixel, 0);
  const box = boxOf({ name: '', runs: runsOfPixels(inside, size) }, size.width)!;
  const isFar = (at: number) => {
    const [x, y] = [at % size.width, Math.floor(at / size.width)];
    return x < box.x1 - margin || x >= box.x2 + margin || y < box.y1 - margin || y >= box.y2 + margin;
  };
  const isSmoothed =
    hasRims(pieces, 1) &&
    middle < high &&
    !pieces.some(({ isThick, label }) => isThick && isMiddle(label)) &&
    !levels.some((level, at) => level !== 0 && isFar(at));
  if (!isSmoothed) throw severalValues(place);
  return inside;
}

const maskError = (where: string, what: string, hint: string) =>
  new NucleateError({ what, where, hint, exitCode: exitCodes.data });

const severalValues = (where: string) =>
  maskError(
    where,
    'A mask has two values, 0 and another; this one has more.',
    'Save each nucleus as a mask of its own: 0 outside, 255 inside. Give a file with all nuclei as a label image, named after its image: see `nucleate data layouts`.',
  );
