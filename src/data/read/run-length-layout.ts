/** Images with a CSV of run lengths: `<id>.png` in any folder, and in the table one line per nucleus of the image `<id>`. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { exitCodes, NucleateError, type Problem } from '../../errors.js';
import type { FileTree } from '../files/file-tree.js';
import type { Mask } from '../geometry/mask.js';
import type { Size } from '../geometry/rect.js';
import { decodeRuns } from '../geometry/rle.js';
import { readImage } from '../image/image-io.js';
import { findCsv } from './csv-files.js';
import type { AnnotatedImage } from './example.js';
import { byId, isImageFile, nameClashes, stemOf, type DatasetLayout, type DatasetListing } from './layout.js';
import { problemsError } from './problems.js';
import { isRunLengthHeader, readRunLengthCsv, type RunLengthFile, type RunLengthRow } from './rle-csv.js';

export const runLengthLayout: DatasetLayout = {
  name: 'run-lengths',
  describe: 'images with run lengths',
  arrangement: 'X.png with a CSV of the columns ImageId,EncodedPixels',
  matches: (tree) => findCsv(tree, tree.files, isRunLengthHeader),
  async open(tree, table) {
    const rows = await readRunLengthCsv(Readable.from([await tree.read(table)]), tree.place(table));
    const listing = joinImages(tree, rows, tree.place(table));
    return { ...listing, files: [...listing.files, table] };
  },
};

/** Lists a dataset whose table is not among its images, such as that of `--labels`. */
export async function openWithLabels(tree: FileTree, labels: string): Promise<DatasetListing> {
  return joinImages(tree, await readRunLengthCsv(createReadStream(labels), labels), labels);
}

/** Joins the images of a tree with a table. Files in folders named `masks` are not images. */
function joinImages(tree: FileTree, table: RunLengthFile, tablePlace: string): DatasetListing {
  const files = tree.files.filter((file) => isImageFile(file) && !/(^|\/)masks\//u.test(file));
  const problems: Problem[] = [...table.problems];
  const images = files.flatMap((file) => {
    const id = stemOf(file);
    const place = tree.place(file);
    const lines = table.images.get(id);
    if (lines) return [{ id, place, read: () => readEntry(tree, { id, file, lines }) }];
    const hint = `Add lines for ${id} to ${tablePlace}; one line with an empty EncodedPixels if it has no nuclei.`;
    problems.push({ what: 'The image has no masks.', where: place, hint });
    return [];
  });
  problems.push(...nameClashes(files, stemOf, tree));
  const found = new Set(images.map(({ id }) => id));
  for (const [id, [first]] of table.images) {
    if (found.has(id)) continue;
    const what = `The masks of ${id} have no image.`;
    problems.push({ what, where: first!.place, hint: `Add the image ${id}.png, or remove its lines.` });
  }
  return { images: images.sort(byId), files, problems };
}

async function readEntry(
  tree: FileTree,
  { id, file, lines }: { id: string; file: string; lines: Iterable<RunLengthRow> },
): Promise<AnnotatedImage> {
  const image = await readImage(await tree.read(file), tree.place(file));
  return { id, image, origin: file, masks: masksOfLines(lines, image, tree.place(file)) };
}

/**
 * Decodes the lines of one image. A line with an empty field is not a mask.
 *
 * @param where The place of an error about several lines.
 * @throws {NucleateError} Exit code 3 with every line that does not fit the size.
 */
export function masksOfLines(lines: Iterable<RunLengthRow>, image: Size, where: string): Mask[] {
  const problems: Problem[] = [];
  const masks: Mask[] = [];
  for (const row of lines) {
    const what = wrongSize(row, image);
    try {
      if (what !== undefined) throw new RangeError(what);
      if (row.runs.length > 0) masks.push({ name: `line ${row.line}`, runs: decodeRuns(row.runs, image) });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      problems.push({
        what: error.message,
        where: row.place,
        hint: 'Export the run lengths again from the image of this size.',
      });
    }
  }
  const [problem, second] = problems;
  if (problem && !second) throw new NucleateError({ hint: '', ...problem, exitCode: exitCodes.data });
  if (problem) throw problemsError(where, problems);
  return masks;
}

function wrongSize({ size }: RunLengthRow, { width, height }: Size): string | undefined {
  if (!size || (size.width === width && size.height === height)) return undefined;
  const swapped = size.width === height && size.height === width ? ': Height and Width are swapped' : '';
  return `The line says ${size.width} x ${size.height} pixels, but the image has ${width} x ${height}${swapped}.`;
}
