import type { Box } from '../geometry/box.js';
import type { Problem } from '../../errors.js';

/** Kinds of problems. `file`: the file cannot be read or has no counterpart. */
export type FindingKind =
  | 'file'
  | 'blurred-mask'
  | 'duplicate-mask'
  | 'empty-mask'
  | 'full-mask'
  | 'holes'
  | 'overlap'
  | 'pieces'
  | 'speck'
  | 'sliver'
  | 'faint'
  | 'unmarked'
  | 'no-nuclei'
  | 'jpeg'
  | 'doubtful-image'
  | 'duplicate-image'
  | 'similar-image'
  | 'leak';

/** One problem that `nucleate data check` found. */
export interface Finding extends Problem {
  readonly kind: FindingKind;
  /** An image with an error cannot be used. A warning does not change how the image is read; see {@link findingTitles}. */
  readonly severity: 'error' | 'warning';
  /** Id of the image; absent if the file belongs to no image. */
  readonly image?: string;
  /** Name of the mask. */
  readonly mask?: string;
  /** Where in the image, px. */
  readonly box?: Box;
  /** Measurements behind the problem: areas in px, counts, correlations, grey values. */
  readonly numbers?: Readonly<Record<string, number>>;
}

/** What each kind means, and how such data are read. */
export const findingTitles: Readonly<Record<FindingKind, string>> = {
  file: 'The file cannot be used',
  'blurred-mask':
    'A mask with several grey values; the pixels above half of the largest belong to the nucleus',
  'duplicate-mask': 'Two masks with the same pixels; the second is dropped',
  'empty-mask': 'A mask without pixels; it is dropped',
  'full-mask': 'A mask that covers a quarter of its image or more; often it is inverted',
  holes: 'A mask with holes; the holes are background',
  overlap: 'Two masks that overlap; the first in name order keeps the shared pixels',
  pieces: 'A mask in several pieces; they are read as one nucleus',
  speck: 'A mask that is too small for a nucleus; it is kept',
  sliver: 'A mask as thin as a line, often a drawing error at the border of the image; it is kept',
  faint:
    'A mask that is darker than its surroundings while the other nuclei are brighter, or the reverse; it is kept',
  unmarked: 'A region that looks like a nucleus but has no mask; it is background',
  'no-nuclei': 'An image without nuclei',
  'doubtful-image':
    'An image that may not be what it is taken for: fluorescence in colours, hot pixels, or nothing to see',
  jpeg: 'Images that are JPEG files; they are read',
  'duplicate-image': 'Two images with the same pixels',
  'similar-image': 'Two images that look alike; they must be in the same fold',
  leak: 'Images that belong together but are in different folds of the split',
};
