/** Tells label images from what is given for them: foreground masks, classes, images, and what was smoothed. */
import type { LabelImage } from '../geometry/label-image.js';
import { type LabelPiece, piecesOfLabels } from '../geometry/label-pieces.js';

/** Why values are no labels, and how to get labels. */
export interface LabelProblem {
  readonly kind: 'foreground' | 'classes' | 'image' | 'smoothed';
  readonly what: string;
  readonly hint: string;
}

/** px; smaller images, such as those of tests, are too small to judge. */
const fewestPixels = 1024;

/**
 * Part of the pieces that are thin and touch another value. Of 1,543 label images of nuclei (2018 Data Science Bowl,
 * NuInsSeg, TNBC) at most 5 %; of label images that were scaled, rotated or saved as JPEG at least 88 %, and of microscope
 * images, read as labels, at least 84 %.
 */
const mostThin = 1 / 3;
const fewestThin = 3;

/** Pieces with an inside for each value: at most 1.06 in these label images. */
const mostPieces = 2;

/** Foreground of 8 and 16 bits; as the only value it is no number of a nucleus. */
const fullValues = [255, 65535];

/** Part of the pixels with a value other than 0, above which there is hardly a background: an image. */
const mostCovered = 0.5;

/** What is wrong with a label image; undefined where each value seems to be one nucleus. */
export function labelProblem({ labels, ...size }: LabelImage): LabelProblem | undefined {
  if (labels.length < fewestPixels) return undefined;
  const pieces = piecesOfLabels(labels, size);
  if (hasRims(pieces, fewestThin)) {
    const covered = pieces.reduce((sum, { area }) => sum + area, 0) / labels.length;
    return covered > mostCovered ? imageProblem : smoothedProblem;
  }
  const thick = pieces.filter(({ isThick }) => isThick);
  const values = new Set(thick.map(({ label }) => label));
  const [value = 0] = values;
  if (values.size === 1 && (thick.length > mostPieces || (thick.length > 1 && fullValues.includes(value))))
    return {
      kind: 'foreground',
      what: `One value (${value}) in ${thick.length} pieces: this is a foreground mask, not a label image.`,
      hint: `Give each nucleus a number of its own; or take each connected piece for a nucleus: ${piecesOption}.`,
    };
  if (thick.length > mostPieces * values.size)
    return {
      kind: 'classes',
      what: `${values.size} values in ${thick.length} pieces: these are classes or repeating colours, not nuclei.`,
      hint: `Give each nucleus a number of its own; or take each connected piece of a value for a nucleus: ${piecesOption}.`,
    };
  return undefined;
}

/**
 * Whether many pieces are thin and touch another value, as the rims that smoothing leaves around nuclei do.
 *
 * @param fewest Fewer of them are none.
 */
export function hasRims(pieces: readonly LabelPiece[], fewest: number): boolean {
  const thin = pieces.filter(({ isThick, touches }) => !isThick && touches).length;
  return thin >= fewest && thin > mostThin * pieces.length;
}

/** As an option, and as a key of a config. */
const piecesOption = '--label-images pieces (data.labelImages)';

const imageProblem: LabelProblem = {
  kind: 'image',
  what: 'The values change from pixel to pixel, as in a photograph: this is an image, not a label image.',
  hint: 'Give the label image, in which all pixels of a nucleus have the same number, and no JPEG of it.',
};

const smoothedProblem: LabelProblem = {
  kind: 'smoothed',
  what: 'The nuclei have rims of other values: the label image was smoothed, scaled, rotated or saved as JPEG.',
  hint: 'Save it again as PNG or TIFF, and scale or rotate it only with nearest-neighbour interpolation.',
};
