/** Which image files are images, and which are annotations of them. */
import { ignoreSuffix, labelledStem, masksSuffix } from './label-names.js';

/** Endings that are of label images even where their image is elsewhere. */
const certainSuffixes = ['_cp_masks', masksSuffix];

/** Folders of masks or label images; the second word is a usual name of other folders, too. */
const masksFolder = /^masks$/iu;
const labelsFolder = /^labels$/iu;

/** What an image file is, by the names of the files around it. */
export type ImageRole = 'image' | 'label-image' | 'mask';

/**
 * Tells images from what is annotated on them: label images named after an image beside them (`X_seg.png` beside `X.tif`),
 * `X_masks.png` wherever the image is, and files in folders `masks`, or `labels` beside `images`.
 *
 * @param files Image files, paths with `/`.
 * @returns The role of a file; it may be one of `files`, or another.
 */
export function rolesOf(files: readonly string[]): (file: string) => ImageRole {
  const stems = new Set(files.map(withoutExtension));
  const folders = new Set(files.flatMap(foldersOf));
  return (file) => {
    const parents = foldersOf(file);
    if (parents.some((folder) => isAnnotationFolder(folder, folders))) return 'mask';
    const stem = withoutExtension(file);
    const image = stem.endsWith(ignoreSuffix) ? stem.slice(0, -ignoreSuffix.length) : labelledStem(stem);
    if (image === undefined) return 'image';
    const isCertain = certainSuffixes.some((ending) => stem.endsWith(ending));
    return isCertain || stems.has(image) ? 'label-image' : 'image';
  };
}

const withoutExtension = (file: string) => file.replace(/\.[^./]*$/u, '');

/** `a`, `a/b` of `a/b/c.png`. */
const foldersOf = (file: string): string[] =>
  [...file.matchAll(/\//gu)].map(({ index }) => file.slice(0, index)).filter((folder) => folder !== '');

function isAnnotationFolder(folder: string, folders: ReadonlySet<string>): boolean {
  const end = folder.lastIndexOf('/') + 1;
  const name = folder.slice(end);
  return masksFolder.test(name) || (labelsFolder.test(name) && folders.has(`${folder.slice(0, end)}images`));
}
