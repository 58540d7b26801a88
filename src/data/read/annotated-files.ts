/** Reads one image with the files that hold its masks, in whatever layout they were found. */
import type { Problem } from '../../errors.js';
import type { FileTree } from '../files/file-tree.js';
import { masksOfLabels, type Mask } from '../geometry/mask.js';
import type { Size } from '../geometry/rect.js';
import { readLabelImage, readMaskImage } from '../image/label-io.js';
import type { Image } from '../image/image.js';
import type { LabelReading } from '../image/label-values.js';
import type { AnnotatedImage } from './example.js';
import { byId, type DatasetTree, type ImageEntry, readImageOf, sizeMismatch } from './layout.js';
import { readMaskFile } from './mask-file.js';
import { allOrProblems, mapAllOrProblems, problemsError, problemsOf } from './problems.js';

/** The files of one image, by their paths in the dataset. */
export interface AnnotatedFiles {
  readonly id: string;
  readonly image: string;
  /** One label image with all nuclei, or a mask file for each nucleus; none of those for an image without nuclei. */
  readonly masks: string | readonly string[];
  /** Where its values are not 0, no expert has reviewed the pixel. */
  readonly ignore?: string | undefined;
  /** Where its values are 0, no expert has reviewed the pixel. */
  readonly reviewed?: string | undefined;
}

/** Images with their files as entries of a dataset, in the order of their ids. */
export const entriesOf = (
  tree: DatasetTree,
  found: readonly AnnotatedFiles[],
  reading: LabelReading,
): ImageEntry[] =>
  found
    .map((files) => ({
      id: files.id,
      place: tree.place(files.image),
      read: () => readAnnotated(tree, files, reading),
    }))
    .sort(byId);

/** Why it is unclear which of several files belongs to an image; undefined for one file and for none. */
export function unclearFile([one, other]: readonly string[]): Required<Omit<Problem, 'where'>> | undefined {
  if (one === undefined || other === undefined) return undefined;
  return { what: `It is unclear which file is meant: ${one} or ${other}.`, hint: 'Keep one of them.' };
}

/**
 * Labels become masks in their ascending order; mask files keep their order.
 *
 * @param reading What the user says about label images.
 * @throws {NucleateError} Exit code 3 with every problem of the files, sizes that differ included.
 */
export async function readAnnotated(
  tree: DatasetTree,
  files: AnnotatedFiles,
  reading: LabelReading,
): Promise<AnnotatedImage> {
  const { id, image: imageFile, ignore, reviewed } = files;
  const [image, masks, ignored, seen] = await allOrProblems<
    [Image, SizedMasks[], ReviewMap | undefined, ReviewMap | undefined]
  >([
    readImageOf(tree, imageFile),
    readMasks(tree, files.masks, reading),
    readMap(tree, ignore),
    readMap(tree, reviewed),
  ]);
  const maps = [{ file: ignore, map: ignored } as const, { file: reviewed, map: seen } as const].flatMap(
    ({ file, map }) => (file === undefined || !map ? [] : [{ place: tree.place(file), ...map, isMap: true }]),
  );
  const misfits = [...masks, ...maps].filter(
    ({ width, height }) => width !== image.width || height !== image.height,
  );
  if (misfits.length > 0) {
    const errors = misfits.map((misfit) =>
      sizeMismatch(misfit.place, misfit, image, 'isMap' in misfit ? 'map of what is reviewed' : 'masks'),
    );
    throw errors.length === 1 ? errors[0]! : problemsError(tree.place(imageFile), errors.flatMap(problemsOf));
  }
  const annotated = { id, image, origin: imageFile, masks: masks.flatMap((part) => part.masks) };
  if (!ignored && !seen) return annotated;
  const isUnreviewed = (pixel: number) =>
    (ignored !== undefined && ignored.data[pixel] !== 0) || (seen !== undefined && seen.data[pixel] === 0);
  const pixels = image.width * image.height;
  return { ...annotated, ignore: Uint8Array.from({ length: pixels }, (_, at) => (isUnreviewed(at) ? 1 : 0)) };
}

/** The masks of one file, and the size of the file. */
interface SizedMasks extends Size {
  readonly place: string;
  readonly masks: readonly Mask[];
}

/** Masks that are decoded at a time: twice the threads that Node uses for decoding. */
const masksAtOnce = 8;

async function readMasks(
  tree: FileTree,
  files: string | readonly string[],
  reading: LabelReading,
): Promise<SizedMasks[]> {
  if (typeof files === 'string') {
    const place = tree.place(files);
    const { width, height, labels } = await readLabelImage(await tree.read(files), place, reading);
    return [{ width, height, place, masks: masksOfLabels(labels, { width, height }) }];
  }
  return mapAllOrProblems(files, masksAtOnce, async (file) => {
    const { mask, ...sized } = await readMaskFile(tree, file, files.length === 1);
    return { ...sized, masks: [mask] };
  });
}

type ReviewMap = Awaited<ReturnType<typeof readMaskImage>>;

async function readMap(tree: FileTree, file: string | undefined): Promise<ReviewMap | undefined> {
  return file === undefined ? undefined : readMaskImage(await tree.read(file), tree.place(file));
}
