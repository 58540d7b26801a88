/**
 * Annotations as other programs keep them. This folder: one file a format, from bytes to {@link AnnotatedObject}s;
 * `formats.ts` lists them; `masks-of-objects.ts` makes masks of the objects; `json.ts` reads JSON with the place of what is
 * wrong. Datasets, targets of `eval` and imports all read by these.
 */
import type { Problem } from '../../../errors.js';
import type { FileTree } from '../../files/file-tree.js';
import type { Box } from '../../geometry/box.js';
import type { Size } from '../../geometry/rect.js';
import type { LabelReading } from '../../image/label-values.js';
import type { Omission } from '../example.js';

/** Something that is marked in an image. */
export interface AnnotatedObject {
  /** Unique within its image. */
  readonly name: string;
  /** Its file and the place in it, for messages. */
  readonly place: string;
  /**
   * `region`: what lies outside all regions has not been reviewed. `ignored`: nor has what lies in it. `crowd`: nuclei that
   * are not told apart; neither nuclei nor background, but for the nuclei that are marked in it.
   */
  readonly role: 'nucleus' | 'region' | 'ignored' | 'crowd';
  /** The class that it was given; absent if it has none. */
  readonly category?: string;
  readonly score?: number;
  /** Whether it was drawn by hand and may be a region that was meant as such; rectangles more likely are. */
  readonly drawn?: 'outline' | 'rectangle';
  /** The smallest box around its outline, px, which may reach beyond the image; absent for masks of pixels. */
  readonly extent?: Box;
  /** `[x1, y1, x2, y2]`, px, half-open, as the file says; absent if it says none. */
  readonly box?: readonly [number, number, number, number];
  /** The size of the image that the mask was made for; absent where the file does not say. */
  readonly size?: Size;
  /**
   * The pixels within an image of a size, which is `size` if there is one.
   *
   * @returns Runs as in `Mask`.
   * @throws {RangeError} If there are none that make sense; its message is a sentence for the user.
   */
  pixels(image: Size): Int32Array;
}

/** The objects of one image, in the order of the file, and what else the file has of it. */
export interface AnnotatedObjects {
  readonly objects: readonly AnnotatedObject[];
  readonly leftOut: readonly Omission[];
}

/** What an annotation file says about one image, not read yet. */
export interface ImageAnnotations {
  /** The image's file, path or id, as the file calls it. */
  readonly image: string;
  readonly place: string;
  /** The file in the tree, if it is of this image only. */
  readonly file?: string;
  /** @throws {NucleateError} Exit code 3 with the file and the place in it. */
  read(): AnnotatedObjects | Promise<AnnotatedObjects>;
}

/** The annotations of the files of one format. */
export interface AnnotationListing {
  /** In the order of the files. An image may be there twice; it is the caller's to say so. */
  readonly images: readonly ImageAnnotations[];
  readonly problems: readonly Problem[];
  /** Whether every object has a score. */
  readonly hasScores: boolean;
}

export interface AnnotationChoice {
  /** The categories that are nuclei, `all` for every one. Empty or absent: there must be one only. */
  readonly categories?: readonly string[] | undefined;
}

/** What the user says about the masks: what a label image holds, and which category of annotations is nuclei. */
export interface MaskChoice extends AnnotationChoice, LabelReading {}

/** Finds images by what annotation files call them. */
export interface NamedImages {
  /** The files that a name can mean. */
  find(name: string): readonly string[];
}

/** One format of annotation files. */
export interface AnnotationFormat {
  /** Short and unique. */
  readonly name: string;
  /** In the plural: 'COCO annotations'. */
  readonly words: string;
  /** How the files are named: 'a COCO file *.json'. */
  readonly arrangement: string;
  /** The files of this format. */
  find(tree: FileTree): Promise<readonly string[]>;
  /**
   * Lists the images of files.
   *
   * @param files What {@link find} gave.
   * @param names Of the images that they may be of, where these are known.
   */
  open(
    tree: FileTree,
    files: readonly string[],
    choice: MaskChoice,
    names?: NamedImages,
  ): Promise<AnnotationListing>;
}
