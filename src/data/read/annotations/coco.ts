/**
 * COCO: dataset files, with masks as polygons or run lengths, and results lists as Detectron2 writes them.
 *
 * Sources: https://cocodataset.org/#format-data; github.com/cocodataset/cocoapi, PythonAPI/pycocotools/coco.py, annToRLE:
 * the parts of a mask of several polygons are united (the format; the code is ours).
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Problem } from '../../../errors.js';
import type { FileTree } from '../../files/file-tree.js';
import { readBytes } from '../../files/read-bytes.js';
import { runsOfCocoCounts, unpackCocoCounts } from '../../geometry/coco-rle.js';
import { extentOf, runsOfPolygon, unionOfRuns, type Ring } from '../../geometry/polygon.js';
import type { Size } from '../../geometry/rect.js';
import type {
  AnnotatedObject,
  AnnotatedObjects,
  AnnotationChoice,
  AnnotationFormat,
  AnnotationListing,
  ImageAnnotations,
} from './annotation.js';
import { categoryProblem } from './categories.js';
import { annotationError, isObject, parseJson, shown, type JsonObject } from './json.js';

export const cocoFormat: AnnotationFormat = {
  name: 'coco',
  words: 'COCO annotations',
  arrangement: 'X.png with a COCO file *.json that names X.png',
  async find(tree) {
    const found: string[] = [];
    for (const file of tree.files)
      if (/\.json$/iu.test(file) && isCoco(await tree.read(file))) found.push(file);
    return found;
  },
  open: listCoco,
};

/** Whether the bytes of a JSON file are those of a COCO dataset or a results list, without parsing them. */
function isCoco(bytes: Buffer): boolean {
  const start = bytes
    .toString('latin1', 0, 100)
    .trimStart()
    .replace(/^\u00ef\u00bb\u00bf\s*/u, '');
  if (start.startsWith('[')) return bytes.includes('"image_id"');
  return bytes.includes('"annotations"') && bytes.includes('"images"');
}

/** A file, its annotations by image, and the names of images, if it lists any. */
interface CocoFile {
  readonly place: string;
  /** The parts of messages before and after the number of an annotation. */
  readonly placeOf: (annotation: number) => string;
  /** By their ids, as texts: some programs write 1 here and "1" there. */
  readonly images: ReadonlyMap<string, CocoImage> | undefined;
  readonly annotations: readonly unknown[];
  /** By id. */
  readonly categories: ReadonlyMap<string, string>;
}

interface CocoImage {
  readonly name: string;
  readonly size?: Size;
}

async function listCoco(
  tree: FileTree,
  files: readonly string[],
  choice: AnnotationChoice,
): Promise<AnnotationListing> {
  const parts: AnnotationListing[] = [];
  for (const file of files) {
    const coco = readCoco(await tree.read(file), tree.place(file));
    const images = coco.images ?? (await imagesOfResults(coco, tree, file));
    parts.push(listImages({ ...coco, file, images }, choice));
  }
  return {
    images: parts.flatMap(({ images }) => images),
    problems: parts.flatMap(({ problems }) => problems),
    hasScores: parts.every(({ hasScores }) => hasScores),
  };
}

function readCoco(bytes: Buffer, place: string): CocoFile {
  const document = parseJson(bytes, place);
  if (Array.isArray(document)) {
    if (document.length === 0)
      throw annotationError(place, 'The list is empty: it names no images.', exportAgain);
    const placeOf = (index: number) => `${place}: [${index}]`;
    return { place, placeOf, images: undefined, annotations: document, categories: new Map() };
  }
  const { images, annotations, categories = [] } = isObject(document) ? document : {};
  if (!Array.isArray(images) || !Array.isArray(annotations) || !Array.isArray(categories)) {
    const hint =
      'A COCO dataset has lists of `images`, `annotations` and `categories`; results are one list.';
    const what = isObject(document)
      ? 'The file is neither a COCO dataset nor GeoJSON: it has no lists of `images` and `annotations`.'
      : `The file is neither a COCO dataset nor GeoJSON, but ${shown(document)}.`;
    throw annotationError(place, what, hint);
  }
  const names = categories.map((entry: unknown, index) => {
    const { id, name } = isObject(entry) ? entry : {};
    if (isId(id) && typeof name === 'string') return [String(id), name] as const;
    throw annotationError(`${place}: categories[${index}]`, 'A category has an id and a name.', exportAgain);
  });
  return {
    place,
    placeOf: (index) => `${place}: annotations[${index}]`,
    images: readImages(images, place),
    annotations,
    categories: new Map(names),
  };
}

const exportAgain = 'Export the file again.';

const isId = (value: unknown): value is number | string =>
  Number.isInteger(value) || typeof value === 'string';

function readImages(entries: readonly unknown[], place: string): Map<string, CocoImage> {
  const images = new Map<string, CocoImage>();
  for (const [index, entry] of entries.entries()) {
    const where = `${place}: images[${index}]`;
    const { id, file_name: name, width, height } = isObject(entry) ? entry : {};
    if (!isId(id) || typeof name !== 'string' || name === '')
      throw annotationError(where, 'An image has an `id` and a `file_name`.', exportAgain);
    if (images.has(String(id))) throw annotationError(where, `Two images have the id ${id}.`, exportAgain);
    images.set(String(id), isSide(width) && isSide(height) ? { name, size: { width, height } } : { name });
  }
  return images;
}

const isSide = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;

/** The images of a results list: those of the dataset file beside it, or those that its ids name. */
async function imagesOfResults({ place, annotations }: CocoFile, tree: FileTree, file: string) {
  const found: CocoFile[] = [];
  for (const { bytes, where } of await jsonBeside(tree, file)) {
    if (isCoco(bytes) && bytes.toString('latin1', 0, 100).trimStart().startsWith('{'))
      found.push(readCoco(bytes, where));
  }
  const lists = found.map(({ images }) => new Map([...images!].map(([id, { name }]) => [id, name])));
  const [first, ...others] = lists;
  const hint =
    'Put the COCO dataset file with the images, which the results are for, beside them; only that one.';
  if (!first) {
    const named = imagesNamed(annotations);
    if (named) return named;
    throw annotationError(place, 'A results list has only numbers of images, not their names.', hint);
  }
  for (const other of others) {
    if (JSON.stringify([...other]) === JSON.stringify([...first])) continue;
    throw annotationError(place, 'The files beside the results list number the images differently.', hint);
  }
  return found[0]!.images!;
}

/** Some programs write the name of an image for its number. */
function imagesNamed(results: readonly unknown[]): Map<string, CocoImage> | undefined {
  const ids = results.map((result) => (isObject(result) ? result['image_id'] : undefined));
  const isName = (id: unknown): id is string => typeof id === 'string' && !/^\d*$/u.test(id);
  return ids.every(isName) ? new Map(ids.map((id) => [id, { name: id }])) : undefined;
}

/** The other JSON files of the folder. */
async function jsonBeside(tree: FileTree, file: string): Promise<{ bytes: Buffer; where: string }[]> {
  const isOther = (name: string, own: string) => /\.json$/iu.test(name) && name !== own;
  if (tree.kind === 'file') {
    const folder = dirname(tree.path);
    const names = (await readdir(folder)).filter((name) => isOther(name, basename(tree.path))).sort();
    return Promise.all(
      names.map(async (name) => ({ bytes: await readBytes(join(folder, name)), where: join(folder, name) })),
    );
  }
  const folder = dirname(file);
  const names = tree.files.filter((name) => dirname(name) === folder && isOther(name, file));
  return Promise.all(names.map(async (name) => ({ bytes: await tree.read(name), where: tree.place(name) })));
}

function listImages(
  {
    file,
    place,
    placeOf,
    images,
    annotations,
    categories,
  }: CocoFile & { readonly file: string; readonly images: ReadonlyMap<string, CocoImage> },
  choice: AnnotationChoice,
): AnnotationListing {
  const problems: Problem[] = [];
  const byImage = new Map<string, number[]>();
  for (const id of images.keys()) byImage.set(id, []);
  const counts = new Map([...categories.values()].map((name) => [name, 0]));
  let hasScores = true;
  for (const [index, annotation] of annotations.entries()) {
    const { image_id: image, category_id: category, score, iscrowd } = isObject(annotation) ? annotation : {};
    const own = isId(image) ? byImage.get(String(image)) : undefined;
    if (own) own.push(index);
    else {
      const what = `The annotation belongs to the image ${isId(image) ? image : shown(image)}, which is not listed.`;
      problems.push({ what, where: placeOf(index), hint: exportAgain });
    }
    if (isCrowd(iscrowd)) continue;
    hasScores &&= typeof score === 'number';
    const name = categoryName(category, categories);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const problem = categoryProblem(counts, choice, place);
  if (problem) problems.push(problem);
  const listed = [...images].map(([id, { name, size }]): ImageAnnotations => ({
    image: name,
    place,
    ...(images.size === 1 && { file }),
    read: () => readObjects(byImage.get(id)!, (index) => objectOf(index, size)),
  }));
  const objectOf = (index: number, size: Size | undefined) =>
    readAnnotation(annotations[index] as JsonObject, placeOf(index), size, categories);
  return { images: listed, problems, hasScores };
}

const isCrowd = (value: unknown) => value === 1 || value === true;

const categoryName = (id: unknown, categories: ReadonlyMap<string, string>): string | undefined =>
  isId(id) ? (categories.get(String(id)) ?? String(id)) : undefined;

function readObjects(
  indices: readonly number[],
  objectOf: (index: number) => AnnotatedObject,
): AnnotatedObjects {
  const objects = indices.map(objectOf);
  const count = objects.filter(({ role }) => role === 'crowd').length;
  const crowd = { what: 'crowd regions', count };
  return { objects, leftOut: count > 0 ? [crowd] : [] };
}

function readAnnotation(
  { segmentation, bbox, score, iscrowd, category_id: category }: JsonObject,
  place: string,
  imageSize: Size | undefined,
  categories: ReadonlyMap<string, string>,
): AnnotatedObject {
  const name = categoryName(category, categories);
  return {
    name: place.slice(place.lastIndexOf(' ') + 1),
    place,
    role: isCrowd(iscrowd) ? 'crowd' : 'nucleus',
    ...(name !== undefined && { category: name }),
    ...(typeof score === 'number' && Number.isFinite(score) && { score }),
    ...(isBox(bbox) && { box: [bbox[0], bbox[1], bbox[0] + bbox[2], bbox[1] + bbox[3]] as const }),
    ...maskOf(segmentation, place, imageSize),
  };
}

const isBox = (value: unknown): value is readonly [number, number, number, number] =>
  Array.isArray(value) && value.length === 4 && value.every((side) => Number.isFinite(side));

function maskOf(
  segmentation: unknown,
  place: string,
  imageSize: Size | undefined,
): Pick<AnnotatedObject, 'size' | 'pixels' | 'extent'> {
  if (isObject(segmentation)) return runLengthMask(segmentation, place);
  const parts = (isPart(segmentation) ? [segmentation] : segmentation) as readonly unknown[];
  if (!Array.isArray(parts) || parts.length === 0) {
    const hint = 'Export masks (polygons or run lengths), not only boxes.';
    throw annotationError(
      place,
      `The annotation has no mask: its segmentation is ${shown(segmentation)}.`,
      hint,
    );
  }
  const wrong: unknown = parts.find((part) => !isPart(part) || part.length % 2 !== 0);
  if (wrong !== undefined) {
    const what = `A polygon is a list of x, y, x, y, ..., but this one is ${shown(wrong)}.`;
    throw annotationError(place, what, exportAgain);
  }
  return {
    ...(imageSize && { size: imageSize }),
    extent: extentOf(parts as Ring[]),
    pixels: (image) =>
      unionOfRuns(
        (parts as Ring[]).map((ring) => runsOfPolygon([ring], image)),
        image.width,
      ),
  };
}

const isPart = (value: unknown): value is Ring =>
  Array.isArray(value) && value.length > 0 && value.every((number) => typeof number === 'number');

function runLengthMask(
  { size, counts }: JsonObject,
  place: string,
): Pick<AnnotatedObject, 'size' | 'pixels'> {
  const [height, width] = Array.isArray(size) && size.length === 2 ? (size as unknown[]) : [];
  if (!isSide(width) || !isSide(height))
    throw annotationError(place, `The mask has the size ${shown(size)}, not [height, width].`, exportAgain);
  if (typeof counts !== 'string' && !isCounts(counts))
    throw annotationError(place, `The mask has the counts ${shown(counts)}.`, exportAgain);
  return {
    size: { width, height },
    pixels(image) {
      try {
        return runsOfCocoCounts(typeof counts === 'string' ? unpackCocoCounts(counts) : counts, image);
      } catch (cause) {
        if (!(cause instanceof RangeError)) throw cause;
        throw new RangeError(`The mask is damaged: ${cause.message}.`, { cause });
      }
    },
  };
}

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((count) => Number.isInteger(count));
