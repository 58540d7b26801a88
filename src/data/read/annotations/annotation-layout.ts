/** Images with annotation files of one format, beside the images, in folders of their own, or elsewhere. */
import { createHash } from 'node:crypto';
import type { Problem } from '../../../errors.js';
import type { FileTree } from '../../files/file-tree.js';
import { openFileTree } from '../../files/open-files.js';
import type { AnnotatedImage } from '../example.js';
import { type AnnotatedFiles, readAnnotated } from '../annotated-files.js';
import { identityOf } from '../identity.js';
import { ignoredStem } from '../label-names.js';
import {
  byId,
  isImageFile,
  type DatasetTree,
  type DatasetLayout,
  type DatasetListing,
  type ImageEntry,
  withoutExtension,
} from '../layout.js';
import type {
  AnnotationChoice,
  AnnotationFormat,
  AnnotationListing,
  ImageAnnotations,
} from './annotation.js';
import { cocoFormat } from './coco.js';
import { annotationFormats } from './formats.js';
import { idsOf, ImageNames } from './image-names.js';
import { annotationError } from './json.js';
import { masksOfObjects } from './masks-of-objects.js';
import { runLengthFormat } from './run-lengths.js';

/** The layout of images with annotations of a format. */
export const annotationLayout = (format: AnnotationFormat): DatasetLayout => ({
  name: format.name,
  describe: `images with ${format.words}`,
  arrangement: format.arrangement,
  matches: async (tree) => (await format.find(tree)).slice(0, 1),
  async open(tree, _, choice = {}) {
    const files = await format.find(tree);
    const listing = joinImages(
      tree,
      await format.open(tree, files, choice),
      files.map((file) => tree.place(file)),
      choice,
    );
    return { ...listing, files: [...listing.files, ...files].sort() };
  },
});

/**
 * Lists a dataset whose annotations are not among its images, such as that of `--labels`.
 *
 * @param labels A file, folder or zip archive of annotations of one format.
 * @throws {NucleateError} Exit code 3 if it is of no format, or of several.
 */
export async function openWithLabels(
  tree: DatasetTree,
  labels: string,
  choice: AnnotationChoice,
): Promise<{ format: AnnotationFormat; listing: DatasetListing }> {
  const labelsTree = await openFileTree(labels);
  try {
    const { format, files } = await formatOf(labelsTree);
    const annotations = await format.open(labelsTree, files, choice);
    const listing = joinImages(
      tree,
      annotations,
      files.map((file) => labelsTree.place(file)),
      choice,
    );
    const identity = async () =>
      hashOfBoth(await identityOf(tree, listing.files), await identityOf(labelsTree, files));
    return { format, listing: { ...listing, identity, close: () => labelsTree.close() } };
  } catch (error) {
    await labelsTree.close();
    throw error;
  }
}

/** The identity of images with annotations from elsewhere: either may change. */
const hashOfBoth = (images: string, annotations: string) =>
  createHash('sha256').update(`${images}\n${annotations}\n`).digest('hex');

/** Annotation files of one format. */
interface FormatFiles {
  readonly format: AnnotationFormat;
  readonly files: readonly string[];
}

/** The formats of which a tree holds annotations. */
export async function formatsOf(tree: FileTree): Promise<readonly FormatFiles[]> {
  const found: FormatFiles[] = [];
  for (const format of annotationFormats) {
    const files = await format.find(tree);
    if (files.length > 0) found.push({ format, files });
  }
  return found;
}

/**
 * The one format of the annotations in a tree. A single file that is of none is returned with the format whose complaints
 * about it are the most helpful.
 *
 * @throws {NucleateError} Exit code 3 if there is none, or more than one.
 */
export async function formatOf(tree: FileTree): Promise<FormatFiles> {
  const [found, second] = await formatsOf(tree);
  if (found && second) {
    const what = `There are ${found.format.words} and ${second.format.words}; which to use is unclear.`;
    throw annotationError(tree.path, what, 'Give the files of one format.');
  }
  if (found) return found;
  if (tree.kind === 'file')
    return { format: /\.json$/iu.test(tree.path) ? cocoFormat : runLengthFormat, files: tree.files };
  const known = annotationFormats.map(({ words }) => words).join(', ');
  throw annotationError(tree.path, 'There are no annotations here.', `Give one of these: ${known}.`);
}

/** Folders of what is made of images, and endings of label images beside their images. */
const notImages = /(^|\/)(masks|labels|overlay|outlines)\/|_(masks|cp_masks|labels|ignore)\.[^./]*$/iu;

/** The problem of an image that the annotations do not name; an import leaves it out. */
export const withoutAnnotations = 'The image has no annotations.';

/** A folder that holds images says nothing about them. */
const imagesFolder = /(^|\/)images?\/(?=[^/]*$)/iu;

function joinImages(
  tree: DatasetTree,
  { images: listed, problems: found }: AnnotationListing,
  annotationPlaces: readonly string[],
  choice: AnnotationChoice,
): DatasetListing {
  const files = tree.files.filter((file) => isImageFile(file) && !notImages.test(file));
  const names = new ImageNames(files);
  const maps = ignoreMaps(tree.files);
  const problems: Problem[] = [...found];
  const annotated = new Map<string, ImageAnnotations>();
  for (const annotations of listed) {
    const { image, place } = annotations;
    const [file, second] = names.find(image);
    const rival = file === undefined ? undefined : annotated.get(file);
    if (file === undefined) {
      const hint = 'Add the image, remove its annotations, or give the folder of the images.';
      problems.push({ what: `There are annotations of ${image}, but no such image.`, where: place, hint });
    } else if (second !== undefined) {
      const what = `The annotations of ${image} may be those of ${file} or of ${second}.`;
      problems.push({ what, where: place, hint: 'Give the images different names.' });
    } else if (rival) {
      const what = `There are annotations of ${file} here and in ${rival.place}.`;
      problems.push({ what, where: place, hint: 'Keep one of the two.' });
    } else annotated.set(file, annotations);
  }
  const ids = idsOf(files.map((file) => file.replace(imagesFolder, '$1')));
  const images = files.flatMap((file, index): ImageEntry[] => {
    const annotations = annotated.get(file);
    const id = ids[index]!;
    const place = tree.place(file);
    const ignore = maps.get(withoutExtension(file));
    const read = () => readEntry(tree, { id, image: file, ignore, masks: [] }, annotations!, choice);
    if (annotations) return [{ id, place, read }];
    const hint = `Add its annotations to ${annotationPlaces[0]}, or beside that; without objects if it has no nuclei.`;
    problems.push({ what: withoutAnnotations, where: place, hint });
    return [];
  });
  problems.push(...sameIds(images));
  return { images: images.sort(byId), files: [...files, ...maps.values()].sort(), problems };
}

/** The maps of what no expert has reviewed, `X_ignore.png`, by the path of their image without its ending. */
function ignoreMaps(files: readonly string[]): Map<string, string> {
  const maps = new Map<string, string>();
  for (const file of files.filter(isImageFile)) {
    const image = ignoredStem(withoutExtension(file));
    if (image !== undefined) maps.set(image, file);
  }
  return maps;
}

/** Images whose ids some file systems treat as one. */
function sameIds(images: readonly ImageEntry[]): Problem[] {
  const seen = new Map<string, string>();
  return images.flatMap(({ id, place }) => {
    const folded = id.normalize('NFC').toLowerCase();
    const rival = seen.get(folded);
    if (rival === undefined) seen.set(folded, place);
    const what = `The name clashes with ${rival}: names must differ in more than case, accents and ending.`;
    return rival === undefined ? [] : [{ what, where: place, hint: 'Rename one of the two.' }];
  });
}

async function readEntry(
  tree: DatasetTree,
  files: AnnotatedFiles,
  annotations: ImageAnnotations,
  choice: AnnotationChoice,
): Promise<AnnotatedImage> {
  const { ignore: map, ...annotated } = await readAnnotated(tree, files, {});
  const objects = await annotations.read();
  const { masks, ignore, leftOut } = masksOfObjects(objects, annotated.image, annotations.place, choice);
  const ignored = map && ignore ? map.map((value, at) => value | ignore[at]!) : (map ?? ignore);
  return { ...annotated, masks, ...(ignored && { ignore: ignored }), ...(leftOut.length > 0 && { leftOut }) };
}
