/** Label arrays: Cellpose's `X_seg.npy`, and .npy and .npz files of NumPy. */
import type { FileTree } from '../../files/file-tree.js';
import { readZip } from '../../files/zip-files.js';
import type { LabelImage } from '../../geometry/label-image.js';
import { masksOfLabels } from '../../geometry/mask.js';
import { type LabelReading, labelsOfValues } from '../../image/label-values.js';
import type { AnnotatedObjects, AnnotationFormat } from './annotation.js';
import { annotationError } from './json.js';
import { readNpy, type NumpyArray, valuesOfArray } from './numpy.js';
import { PickledArray, PickleError, readPickle } from './pickle.js';

export const arraysFormat: AnnotationFormat = {
  name: 'arrays',
  words: 'label arrays of Cellpose or NumPy',
  arrangement: 'X.png with X_seg.npy of Cellpose, or X.npy or X.npz',
  find: (tree) => Promise.resolve(tree.files.filter((file) => /\.np[yz]$/iu.test(file))),
  open: (tree, files, choice) =>
    Promise.resolve({
      images: files.map((file) => ({
        image: file.replace(/(_seg|_masks|_cp_masks|_labels)?\.np[yz]$/iu, ''),
        ...{ place: tree.place(file), file },
        read: async () => objectsOfLabels(await readLabels(tree, file, choice), tree.place(file)),
      })),
      problems: [],
      hasScores: false,
    }),
};

/** Each label as an object. */
export const objectsOfLabels = ({ labels, ...size }: LabelImage, place: string): AnnotatedObjects => ({
  objects: masksOfLabels(labels, size).map(({ name, runs }) => ({
    name,
    place,
    role: 'nucleus',
    size,
    pixels: () => runs,
  })),
  leftOut: [],
});

async function readLabels(tree: FileTree, file: string, reading: LabelReading): Promise<LabelImage> {
  const [bytes, place] = [await tree.read(file), tree.place(file)];
  const array = /\.npz$/iu.test(file) ? await arrayOfArchive(bytes, place) : readNpy(bytes, place);
  const saved = array.dtype === '|O' ? arrayOfCellpose(array, place) : array;
  return labelsOfValues(valuesOfArray(saved, place), place, reading);
}

/** Names that labels have among the arrays of an archive, the likeliest first. */
const labelNames = ['masks', 'labels', 'label', 'arr_0'];

async function arrayOfArchive(bytes: Buffer, place: string): Promise<NumpyArray> {
  const files = (await readZip(bytes, place)).filter(({ name }) => name.endsWith('.npy'));
  const named = labelNames.flatMap((name) => files.filter((file) => file.name === `${name}.npy`));
  const file = files.length === 1 ? files[0] : named[0];
  if (file) return readNpy(file.bytes, file.place);
  const listed = files.map(({ name }) => name.slice(0, -4)).join(', ');
  const what = `Which array holds the labels is unclear; there are: ${listed || 'none'}.`;
  throw annotationError(place, what, 'Save the labels alone, or under the name masks.');
}

/** `masks` of the dictionary that Cellpose saves. */
function arrayOfCellpose({ bytes }: NumpyArray, place: string): NumpyArray {
  const hint = 'In Cellpose, save the masks as TIFF or PNG instead.';
  try {
    // `numpy.save` of a dictionary makes an array of one object.
    const saved = readPickle(bytes);
    const pickled = saved instanceof PickledArray ? saved.objects[0] : saved;
    const masks = pickled instanceof Map ? pickled.get('masks') : undefined;
    if (masks instanceof PickledArray && masks.array) return masks.array;
  } catch (cause) {
    if (!(cause instanceof PickleError)) throw cause;
    throw annotationError(place, cause.message, hint, cause);
  }
  throw annotationError(place, 'The file has no array `masks`, as Cellpose saves it.', hint);
}
