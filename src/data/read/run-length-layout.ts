/** Images beside a CSV of run lengths: `<id>.png` anywhere, and the lines of each id in the table. */
import { Readable } from 'node:stream';
import type { Size } from '../geometry/rect.js';
import { exitCodes, NucleateError, type Problem } from '../../errors.js';
import type { AnnotatedImage } from './example.js';
import type { FileTree } from '../files/file-tree.js';
import { readImage } from '../image/image-io.js';
import { byId, collisions, isImageFile, stemOf, type Layout } from './layout.js';
import { refuseProblems } from './problems.js';
import { readRunLengthCsv, type RunLengthFile, type RunLengthRow } from './rle-csv.js';
import { decodeRuns } from '../geometry/rle.js';
import type { Mask } from '../geometry/mask.js';

/** A table of run lengths and where it stands. */
export interface RunLengthTable extends RunLengthFile {
  readonly place: string;
}

/** Reads the table from a file of the tree. */
export async function readTable(tree: FileTree, file: string): Promise<RunLengthTable> {
  const place = tree.place(file);
  return { ...(await readRunLengthCsv(Readable.from([await tree.read(file)]), place)), place };
}

/**
 * Joins the images of a tree with a table. Files in folders named `masks` are no images.
 *
 * @param table Its problems become those of the layout.
 */
export function runLengthLayout(tree: FileTree, table: RunLengthTable, tableFile?: string): Layout {
  const files = tree.files.filter((file) => isImageFile(file) && !/(^|\/)masks\//u.test(file));
  const problems: Problem[] = [...table.problems];
  const images = files.flatMap((file) => {
    const id = stemOf(file);
    const place = tree.place(file);
    const lines = table.images.get(id);
    if (lines) return [{ id, file, place, read: () => readEntry(tree, { id, file, lines }) }];
    const hint = `Add a line for ${id} to ${table.place}; with empty runs if it has no nuclei.`;
    problems.push({ what: 'The image has no masks.', where: place, hint: hint });
    return [];
  });
  problems.push(...collisions(files, stemOf, tree));
  const found = new Set(images.map(({ id }) => id));
  for (const [id, [first]] of table.images) {
    if (found.has(id)) continue;
    problems.push({
      what: `The masks of ${id} have no image.`,
      where: first!.place,
      hint: `Add the image ${id}.png.`,
    });
  }
  const dataFiles = tableFile === undefined ? files : [...files, tableFile];
  return { name: 'run-lengths', images: images.sort(byId), files: dataFiles, problems };
}

async function readEntry(
  tree: FileTree,
  { id, file, lines }: { id: string; file: string; lines: Iterable<RunLengthRow> },
): Promise<AnnotatedImage> {
  const image = await readImage(await tree.read(file), tree.place(file));
  return { id, image, origin: file, masks: masksOfLines(lines, image, tree.place(file)) };
}

/**
 * Decodes the lines of one image; a line with an empty field is no mask.
 *
 * @param where What an error names that stands for several lines.
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
        hint: 'Export the line again from this very image.',
      });
    }
  }
  const [problem, second] = problems;
  if (problem && !second) throw new NucleateError({ hint: '', ...problem, exitCode: exitCodes.data });
  if (problem) throw refuseProblems(where, problems);
  return masks;
}

function wrongSize({ size }: RunLengthRow, { width, height }: Size): string | undefined {
  if (!size || (size.width === width && size.height === height)) return undefined;
  const swapped = size.width === height && size.height === width ? ': Height and Width are swapped' : '';
  return `The line gives the size ${size.width} x ${size.height} and the image has ${width} x ${height}${swapped}.`;
}
