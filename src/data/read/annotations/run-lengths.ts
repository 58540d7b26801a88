/** Run lengths in CSV tables, as the 2018 Data Science Bowl and other competitions of Kaggle have them. */
import type { Problem } from '../../../errors.js';
import type { FileTree } from '../../files/file-tree.js';
import type { Size } from '../../geometry/rect.js';
import { decodeRuns } from '../../geometry/rle.js';
import { findCsv } from '../csv-files.js';
import type { AnnotatedObject, AnnotationFormat, ImageAnnotations } from './annotation.js';
import { isRunLengthHeader } from './run-length-columns.js';
import { readRunLengthCsv } from './run-length-csv.js';
import type { RunLengthLines, RunLengthRow } from './run-length-lines.js';

export const runLengthFormat: AnnotationFormat = {
  name: 'run-lengths',
  words: 'run lengths',
  arrangement: 'X.png with a CSV of the columns ImageId,EncodedPixels',
  find: (tree) => findCsv(tree, tree.files, isRunLengthHeader),
  async open(tree: FileTree, files: readonly string[]) {
    const images: ImageAnnotations[] = [];
    const problems: Problem[] = [];
    for (const file of files) {
      const table = await readRunLengthCsv(tree.stream(file), tree.place(file));
      for (const [image, lines] of table.images) {
        const [first] = lines;
        images.push({ image, place: first!.place, read: () => ({ objects: objectsOf(lines), leftOut: [] }) });
      }
      problems.push(...table.problems);
    }
    return { images, problems, hasScores: false };
  },
};

/** A line with an empty field is no object. */
const objectsOf = (lines: RunLengthLines): AnnotatedObject[] =>
  [...lines]
    .filter(({ runs }) => runs.length > 0)
    .map((row) => ({
      name: `line ${row.line}`,
      place: row.place,
      role: 'nucleus',
      pixels(image) {
        const what = wrongSize(row, image);
        if (what !== undefined) throw new RangeError(what);
        return decodeRuns(row.runs, image);
      },
    }));

function wrongSize({ size }: RunLengthRow, { width, height }: Size): string | undefined {
  if (!size || (size.width === width && size.height === height)) return undefined;
  const swapped = size.width === height && size.height === width ? ': Height and Width are swapped' : '';
  return `The line says ${size.width} x ${size.height} pixels, but the image has ${width} x ${height}${swapped}.`;
}
