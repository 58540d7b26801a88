import type { Box } from '../geometry/box.js';
import type { Problem } from '../../errors.js';

/** What is amiss: `file` is everything that keeps a file from being read. */
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
  | 'duplicate-image'
  | 'similar-image'
  | 'leak';

/** One problem of a dataset, with its numbers. */
export interface Finding extends Problem {
  readonly kind: FindingKind;
  /** An error keeps the image from being used; a warning is read by the rule that `hint` or the README tells. */
  readonly severity: 'error' | 'warning';
  /** Id of the image; absent where the file belongs to none. */
  readonly image?: string;
  /** Name of the mask. */
  readonly mask?: string;
  /** Where to look in the image, px. */
  readonly box?: Box;
  /** px for areas, else counts. */
  readonly numbers?: Readonly<Record<string, number>>;
}

/** What each kind means, and what reading does about it. */
export const findingTitles: Readonly<Record<FindingKind, string>> = {
  file: 'The file cannot be used',
  'blurred-mask': 'A mask with several grey values; every pixel that is not 0 counts',
  'duplicate-mask': 'Two masks with the same pixels; the second is dropped',
  'empty-mask': 'A mask without a pixel; it is dropped',
  'full-mask': 'A mask that covers most of its image; often an inverted one',
  holes: 'A mask with holes; they stay background',
  overlap: 'Two masks share pixels; the first in name order keeps them',
  pieces: 'A mask in several pieces; they stay one nucleus',
  speck: 'A mask too small for a nucleus; it is kept',
  sliver: 'A mask as thin as a line, often a slip at the border of the image; it is kept',
  faint:
    'A mask that differs from its surroundings the other way than the nuclei of its image do; it is kept',
  unmarked: 'Pixels like those of nuclei, without a mask; they count as background',
  'no-nuclei': 'An image without nuclei',
  'duplicate-image': 'Two images with the same pixels',
  'similar-image': 'Two images that look alike; keep them in one fold',
  leak: 'Images that belong together, in different folds of the split',
};
