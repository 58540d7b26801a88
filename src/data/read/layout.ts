/** What every dataset layout gives, and what layouts share: names of files, order of ids, common problems. */
import { exitCodes, NucleateError, type Problem } from '../../errors.js';
import type { FileTree } from '../files/file-tree.js';
import { readImage } from '../image/image-io.js';
import type { Image } from '../image/image.js';
import type { PlaneChoice, WrittenPlanes } from '../image/plane-choice.js';
import type { Size } from '../geometry/rect.js';
import type { MaskChoice } from './annotations/annotation.js';
import type { AnnotatedImage } from './example.js';
import type { SourceRecord } from './provenance.js';

/** The files of a dataset, and how its images are read. */
export interface DatasetTree extends FileTree {
  /** Which channel and plane of each file is the image; absent for the only one. */
  readonly planes?: PlaneChoice;
}

/** @throws {NucleateError} Exit code 3 as `readImage`. */
export const readImageOf = async (tree: DatasetTree, file: string): Promise<Image> =>
  readImage(await tree.read(file), tree.place(file), tree.planes);

/** One way to store a dataset. Each is a file of this folder and a line of `layouts.ts`. */
export interface DatasetLayout {
  /** Short and unique, for JSON. */
  readonly name: string;
  /** Completes "24 ...": 'images with label images'. */
  readonly describe: string;
  /** Which files there are and how they are named, for help and hints: 'X.png with X_masks.png'. */
  readonly arrangement: string;
  /**
   * The files that hold the masks if this is the layout of the dataset; none if it is not. Where many files hold them
   * together, the first is enough. Several mean that each could hold all masks, which is an error.
   */
  matches(tree: FileTree): readonly string[] | Promise<readonly string[]>;
  /**
   * Lists the images.
   *
   * @param masks The file that {@link matches} gave.
   * @param choice Default: see {@link MaskChoice}.
   */
  open(tree: DatasetTree, masks: string, choice?: MaskChoice): DatasetListing | Promise<DatasetListing>;
}

/** The images of a dataset, listed and not read. */
export interface DatasetListing {
  /** In code-unit order of their ids: the same on every machine. */
  readonly images: readonly ImageEntry[];
  /** The files that make up the dataset: images, masks and tables, without files that merely lie beside them. */
  readonly files: readonly string[];
  /** What is wrong with the files, as far as it is known before any image is read. */
  readonly problems: readonly Problem[];
  /** Where the dataset records its identity; else it is computed from `files`. */
  readonly identity?: () => string | Promise<string>;
  /** Frees what the listing holds besides the file tree. */
  close?(): Promise<void>;
}

/** One image of a dataset, not read yet. */
export interface ImageEntry {
  readonly id: string;
  /** The image file, as messages name it. */
  readonly place: string;
  /** @throws {NucleateError} Exit code 3 with every problem of the image and its masks. */
  read(): Promise<AnnotatedImage>;
}

/** A dataset whose layout has been recognised. Its images are listed, and read when they are asked for. */
export interface Dataset {
  readonly path: string;
  /** Name of the layout. */
  readonly layout: string;
  /** {@link DatasetLayout.describe} of the layout. */
  readonly kind: string;
  /** What was recognised, as a sentence without a full stop. */
  readonly description: string;
  /** Where nucleate recorded it, see `provenance.ts`; null if unknown. */
  readonly licence: string | null;
  /** Where nucleate recorded that it comes from; empty if it did not. */
  readonly sources: readonly SourceRecord[];
  readonly images: readonly ImageEntry[];
  /** What is wrong with the files as listed; images with such problems are not among `images`. */
  readonly problems: readonly Problem[];
  /** The datasets that it is joined of, and the ids of their images in it; absent if it is one. */
  readonly parts?: readonly { readonly dataset: Dataset; readonly ids: ReadonlySet<string> }[];
  /** Which channel and plane of each file is its image; absent without a choice. */
  readonly planes?: WrittenPlanes;
  /** See identity.ts; reads every file. */
  identity(): Promise<string>;
  close(): Promise<void>;
}

/** Whether a file can be an image, by its extension. */
export const isImageFile = (file: string): boolean => /\.(png|tiff?|jpe?g)$/iu.test(file);

/** `a/b/c` of `a/b/c.png`. */
export const withoutExtension = (file: string): string => file.replace(/\.[^./]*$/u, '');

/** `c` of `a/b/c.png`. */
export const stemOf = (file: string): string =>
  file.slice(file.lastIndexOf('/') + 1).replace(/\.[^.]*$/u, '');

/**
 * Code-unit order, which does not depend on the locale. File names sort differently: "a-1.png" comes before "a.png", but
 * the id "a" before "a-1".
 */
export const byId = (one: { readonly id: string }, other: { readonly id: string }): number =>
  one.id < other.id ? -1 : 1;

/**
 * Finds names that some file systems treat as one: they differ only in case, or in how accents are encoded.
 *
 * @param nameOf The part of a file's path that has to be unique.
 */
export function nameClashes(
  files: readonly string[],
  nameOf: (file: string) => string,
  { place }: Pick<FileTree, 'place'>,
): Problem[] {
  const problems: Problem[] = [];
  const seen = new Map<string, string>();
  for (const file of files) {
    const folded = nameOf(file).normalize('NFC').toLowerCase();
    const rival = seen.get(folded);
    if (rival === undefined) seen.set(folded, file);
    else {
      const what = `The name clashes with ${rival}: names must differ in more than case and accents.`;
      problems.push({ what, where: place(file), hint: 'Rename one of the two.' });
    }
  }
  return problems;
}

/** The error for masks, or a map of what is reviewed, that have another size than their image. */
export function sizeMismatch(
  where: string,
  found: Size,
  image: Size,
  noun: 'masks' | 'map of what is reviewed' = 'masks',
): NucleateError {
  return new NucleateError({
    what: `The ${noun} ${noun === 'masks' ? 'have' : 'has'} ${found.width} x ${found.height} pixels, but the image has ${image.width} x ${image.height}.`,
    where,
    hint: `Export the ${noun} again at the size of the image, without cropping or scaling.`,
    exitCode: exitCodes.data,
  });
}
