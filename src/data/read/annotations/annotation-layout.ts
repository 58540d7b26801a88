/** Images with annotation files of one format, beside the images, in folders of their own, or elsewhere. */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import type { FileTree } from '../../files/file-tree.js';
import { openFileTree } from '../../files/open-files.js';
import { outputNamesIn } from '../../files/output-record.js';
import { identityOf } from '../identity.js';
import { type DatasetTree, type DatasetLayout, type DatasetListing, isImageFile } from '../layout.js';
import { recordedIn } from '../recorded-names.js';
import type { AnnotationFormat, ImageAnnotations, MaskChoice } from './annotation.js';
import { cocoFormat } from './coco.js';
import { annotationFormats } from './formats.js';
import { imagejFormat } from './imagej.js';
import { isIgnoreMap, joinImages } from './join-images.js';
import { annotationError } from './json.js';
import { ImageNames } from './image-names.js';
import { labelImagesFormat } from './label-images.js';
import { areMaskFolders, maskFoldersFormat } from './mask-folders.js';
import { runLengthFormat } from './run-lengths.js';

/** The layout of images with annotations of a format. */
export const annotationLayout = (format: AnnotationFormat): DatasetLayout => ({
  name: format.name,
  describe: `images with ${format.words}`,
  arrangement: format.arrangement,
  matches: async (tree) => (await format.find(tree)).slice(0, 1),
  async open(tree, _, choice = {}) {
    const files = await format.find(tree);
    const places = files.map((file) => tree.place(file));
    const maps = { tree, files: tree.files.filter(isIgnoreMap) };
    const annotations = await format.open(tree, files, choice, imageNamesIn(tree));
    const listing = joinImages(tree, annotations, { places, maps }, choice);
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
  choice: MaskChoice,
): Promise<{ format: AnnotationFormat; listing: DatasetListing }> {
  const labelsTree = await openFileTree(labels);
  try {
    const { format, files } = await formatOfLabels(labelsTree, tree);
    const annotations = await format.open(labelsTree, files, choice, imageNamesIn(tree));
    const maps = labelsTree.files.filter(isIgnoreMap);
    const listing = joinImages(
      tree,
      { ...annotations, images: await asRecorded(labelsTree, annotations.images) },
      { places: files.map((file) => labelsTree.place(file)), maps: { tree: labelsTree, files: maps } },
      choice,
    );
    const identity = async () =>
      hashOfBoth(await identityOf(tree, listing.files), await identityOf(labelsTree, [...files, ...maps]));
    return { format, listing: { ...listing, identity, close: () => labelsTree.close() } };
  } catch (error) {
    await labelsTree.close();
    throw error;
  }
}

const imageNamesIn = ({ files }: Pick<FileTree, 'files'>) => new ImageNames(files.filter(isImageFile));

/** As {@link formatOf}; what looks like label images may be folders of masks, which the names of the images tell. */
async function formatOfLabels(labelsTree: FileTree, tree: DatasetTree): Promise<FormatFiles> {
  const found = await formatOf(labelsTree);
  const isFolders = found.format === labelImagesFormat && areMaskFolders(labelsTree, imageNamesIn(tree));
  return isFolders ? { format: maskFoldersFormat, files: await maskFoldersFormat.find(labelsTree) } : found;
}

/** The identity of images with annotations from elsewhere: either may change. */
const hashOfBoth = (images: string, annotations: string) =>
  createHash('sha256').update(`${images}\n${annotations}\n`).digest('hex');

/** Annotations by the names of their images, where `nucleate predict` wrote the files and recorded them. */
export async function asRecorded(
  tree: FileTree,
  images: readonly ImageAnnotations[],
): Promise<readonly ImageAnnotations[]> {
  const recorded = await recordedIn(tree);
  return images.map((annotations) => {
    const id = annotations.file === undefined ? undefined : recorded.get(basename(annotations.file))?.id;
    return id === undefined ? annotations : { ...annotations, image: id };
  });
}

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
 * The one format of the annotations in a tree: label images, if there are no others. A single file that is of none is returned with the format whose complaints
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
  // An archive without files is the ROI set of an image without nuclei.
  if (tree.kind === 'zip' && tree.files.length === 0) return { format: imagejFormat, files: [] };
  const labelImages = await labelImagesFormat.find(tree);
  if (labelImages.length > 0) return { format: labelImagesFormat, files: labelImages };
  if (tree.kind === 'file')
    return { format: /\.json$/iu.test(tree.path) ? cocoFormat : runLengthFormat, files: tree.files };
  const outputs = tree.kind === 'folder' ? await outputNamesIn(tree.path) : [];
  const output = outputs.find((name) => !['table', 'overlay', 'outlines'].includes(name));
  if (output !== undefined) {
    const hint = `Name the folder of one format, such as ${join(tree.path, output)}.`;
    throw annotationError(tree.path, 'These are results of `nucleate predict` in several formats.', hint);
  }
  const known = annotationFormats.map(({ words }) => words).join(', ');
  throw annotationError(tree.path, 'There are no annotations here.', `Give one of these: ${known}.`);
}
