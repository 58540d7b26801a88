import { exitCodes, NucleateError, type Problem } from '../../errors.js';
import type { AnnotatedImage } from './example.js';
import type { FileTree } from '../files/file-tree.js';

/** How a dataset's files are laid out. */
export interface Layout {
  readonly name: 'challenge' | 'pairs' | 'run-lengths' | 'prepared';
  /** In code-unit order of their ids: the same on every machine. */
  readonly images: readonly ImageEntry[];
  /** The files that make the dataset: images, masks and tables, and nothing that lies beside them. */
  readonly files: readonly string[];
  /** What is wrong with the files as they are listed, before any is read. */
  readonly problems: readonly Problem[];
}

/** One image of a dataset, not read yet. */
export interface ImageEntry {
  readonly id: string;
  /** The image's file as messages name it. */
  readonly place: string;
  /** @throws {NucleateError} Exit code 3 with every problem of the image and its masks. */
  read(): Promise<AnnotatedImage>;
}

/** Files that can be images. */
export const isImageFile = (file: string): boolean => /\.(png|tiff?|jpe?g)$/iu.test(file);

/** `c` of `a/b/c.png`. */
export const stemOf = (file: string): string =>
  file.slice(file.lastIndexOf('/') + 1).replace(/\.[^.]*$/u, '');

/**
 * Code-unit order, in which a locale plays no part. File names sort otherwise: "a-1.png" comes before "a.png", and
 * the id "a" before "a-1".
 */
export const byId = (one: { readonly id: string }, other: { readonly id: string }): number =>
  one.id < other.id ? -1 : 1;

/**
 * Files whose names some file systems take for one: they differ only in case, or in how accents are encoded.
 *
 * @param nameOf What has to be unique of a file.
 */
export function collisions(
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
      const what = `The name collides with ${rival}.`;
      problems.push({ what, where: place(file), hint: 'Rename one of the two.' });
    }
  }
  return problems;
}

/** The error for masks of another size than their image. */
export function sizeMismatch(
  where: string,
  masks: { readonly width: number; readonly height: number },
  image: { readonly width: number; readonly height: number },
): NucleateError {
  return new NucleateError({
    what: `The masks have ${masks.width} x ${masks.height} pixels and the image ${image.width} x ${image.height}.`,
    where,
    hint: 'Make the masks from this very image, without cropping or scaling.',
    exitCode: exitCodes.data,
  });
}

/** A dataset that has been recognised and listed; its images are read when they are asked for. */
export interface Dataset {
  readonly path: string;
  readonly layout: Layout['name'];
  /** What was recognised, as a sentence without a full stop. */
  readonly description: string;
  readonly images: readonly ImageEntry[];
  /** What is wrong with the files as they are listed; such images are not among `images`. */
  readonly problems: readonly Problem[];
  /** See identity.ts; reads every file. */
  identity(): Promise<string>;
  close(): Promise<void>;
}
