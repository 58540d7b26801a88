/** A folder of masks for each image, one file for each nucleus, that is not among the images. */
import { dirname } from 'node:path';
import type { FileTree } from '../../files/file-tree.js';
import { isImageFile, withoutExtension } from '../layout.js';
import { ignoredStem, labelledStem } from '../label-names.js';
import { readMaskFile } from '../mask-file.js';
import { mapAllOrProblems } from '../problems.js';
import type { AnnotatedObject, AnnotationFormat, ImageAnnotations } from './annotation.js';
import type { ImageNames } from './image-names.js';

/** Not one of `annotationFormats`: the images tell such folders from folders of label images, see {@link areMaskFolders}. */
export const maskFoldersFormat: AnnotationFormat = {
  name: 'mask-folders',
  words: 'folders of masks',
  arrangement: 'a folder of masks named after each image, one file for each nucleus',
  find: (tree) => Promise.resolve(maskFilesOf(tree)),
  open: (tree, files) =>
    Promise.resolve({
      images: [...foldersOf(tree, files)].map(([folder, own]) => imageOfFolder(tree, folder, own)),
      problems: [],
      hasScores: false,
    }),
};

/** Whether more files lie in folders that are named after images than there are images that files are named after. */
export function areMaskFolders(tree: FileTree, names: ImageNames): boolean {
  const files = maskFilesOf(tree);
  const inFolders = files.filter((file) => names.find(folderNameOf(tree.place(file))).length > 0);
  const named = new Set(files.flatMap((file) => names.find(labelledStem(withoutExtension(file)) ?? file)));
  return inFolders.length > named.size;
}

const maskFilesOf = ({ files }: FileTree): string[] =>
  files.filter((file) => isImageFile(file) && ignoredStem(withoutExtension(file)) === undefined);

/** The folder of a mask by its place, since a tree leaves out the folders that all its files have in common. */
const folderNameOf = (place: string) => ownerOf(dirname(place));

/** `a` of `a/masks`. */
const ownerOf = (folder: string) => folder.replace(/[/\\](?:masks?|labels?)$/iu, '');

/** The files of each folder; none of one without nuclei. */
function foldersOf(tree: FileTree, files: readonly string[]): Map<string, string[]> {
  const isEmpty = (folder: string) => !tree.files.some((file) => file.startsWith(`${folder}/`));
  const empty = tree.folders.filter(isEmpty).map((folder) => ownerOf(tree.place(folder)));
  const found = new Map<string, string[]>(empty.map((folder) => [folder, []]));
  for (const file of files) {
    const folder = folderNameOf(tree.place(file));
    found.set(folder, [...(found.get(folder) ?? []), file]);
  }
  return found;
}

/** Masks that are decoded at a time: twice the threads that Node uses for decoding. */
const masksAtOnce = 8;

const imageOfFolder = (tree: FileTree, folder: string, files: readonly string[]): ImageAnnotations => ({
  ...{ image: folder, place: folder },
  async read() {
    const objects = await mapAllOrProblems(files, masksAtOnce, async (file): Promise<AnnotatedObject> => {
      const { mask, place, width, height } = await readMaskFile(tree, file, files.length === 1);
      const { name, runs } = mask;
      return { name, place, role: 'nucleus', size: { width, height }, pixels: () => runs };
    });
    return { objects, leftOut: [] };
  },
});
