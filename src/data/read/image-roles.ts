/** Which image files are images, and which are annotations of them. */
import { ignoredStem, imageSuffix, labelledStem, masksSuffix } from './label-names.js';
import { withoutExtension } from './layout.js';

/** Endings that are of label images even where their image is elsewhere. */
const certainSuffixes = ['_cp_masks', masksSuffix];

/** Folders of masks or label images: those that are always, and those that are beside images. */
const masksFolder = /^masks$/iu;
const labelsFolder = /^(masks?|labels?|seg|ignore|reviewed)$/iu;
const imagesFolder = /^(images?|imgs?)$/iu;

/** What an image file is, by the names of the files around it. */
type ImageRole = 'image' | 'label-image' | 'mask';

/**
 * Tells images from what is annotated on them: label images named after an image beside them (`X_seg.png` beside `X.tif`),
 * `X_masks.png` wherever the image is, and files in folders `masks`, or `labels` and the like beside `images` or the image.
 *
 * @param files Image files, paths with `/`.
 * @returns The role of a file; it may be one of `files`, or another.
 */
export function rolesOf(files: readonly string[]): (file: string) => ImageRole {
  const stems = new Set(files.map(withoutExtension));
  /** Those that have a folder of images in them. */
  const parents = new Set(
    files
      .flatMap(foldersOf)
      .flatMap((folder) => (imagesFolder.test(nameOf(folder)) ? [parentOf(folder)] : [])),
  );
  const isAnnotation = (folder: string, file: string) =>
    masksFolder.test(nameOf(folder)) ||
    (labelsFolder.test(nameOf(folder)) &&
      (parents.has(parentOf(folder)) ||
        stems.has(withoutExtension(parentOf(folder) + file.slice(folder.length + 1)))));
  return (file) => {
    if (foldersOf(file).some((folder) => isAnnotation(folder, file))) return 'mask';
    const stem = withoutExtension(file);
    const image = ignoredStem(stem) ?? labelledStem(stem);
    if (image === undefined) return 'image';
    const isCertain = certainSuffixes.some((ending) => stem.endsWith(ending));
    const isNamed = [image, `${image}${imageSuffix}`].some((name) => stems.has(name));
    return isCertain || isNamed ? 'label-image' : 'image';
  };
}

/** `a`, `a/b` of `a/b/c.png`. */
const foldersOf = (file: string): string[] =>
  [...file.matchAll(/\//gu)].map(({ index }) => file.slice(0, index)).filter((folder) => folder !== '');

/** `b` of `a/b`. */
const nameOf = (folder: string) => folder.slice(folder.lastIndexOf('/') + 1);

/** `a/` of `a/b`; empty for `a`. */
const parentOf = (folder: string) => folder.slice(0, folder.lastIndexOf('/') + 1);
