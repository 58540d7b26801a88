/** Tells label images from what is given for them: foreground masks, classes, images, and what was smoothed. */
import type { LabelImage } from '../geometry/label-image.js';
import { type LabelPiece, piecesOfLabels } from '../geometry/label-pieces.js';

/** Why values are no labels, and how to get labels. */
export interface LabelProblem {
  readonly kind: 'foreground' | 'classes' | 'border' | 'background' | 'image' | 'smoothed';
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
export function labelProblem(image: LabelImage): LabelProblem | undefined {
  const { labels, ...size } = image;
  if (labels.length < fewestPixels) return undefined;
  const pieces = piecesOfLabels(labels, size);
  const border = borderValue(pieces);
  if (border !== undefined) return borderProblem(border);
  if (hasRims(pieces, fewestThin)) {
    const covered = pieces.reduce((sum, { area }) => sum + area, 0) / labels.length;
    return covered > mostCovered ? imageProblem : smoothedProblem;
  }
  const background = surroundingValue(image, pieces);
  if (background !== undefined) return backgroundProblem(background, image);
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

/** Inside, border and perhaps a third class; nuclei have more numbers. */
const mostClasses = 3;

/** Part of the pieces of the border, and of the others, that touch another value. */
const mostTouching = 0.9;

/** The value of the borders, where a few values are classes: the inside of nuclei and thin borders around it. */
function borderValue(pieces: readonly LabelPiece[]): number | undefined {
  const values = [...new Set(pieces.map(({ label }) => label))];
  if (values.length < 2 || values.length > mostClasses) return undefined;
  const ofValue = (value: number) => pieces.filter(({ label }) => label === value);
  const share = (some: readonly LabelPiece[], is: (piece: LabelPiece) => boolean) =>
    some.filter(is).length / some.length;
  return values.find((value) => {
    const own = ofValue(value);
    const others = pieces.filter(({ label }) => label !== value);
    return (
      own.length >= fewestThin &&
      others.length >= fewestThin &&
      share(own, ({ isThick }) => !isThick) >= mostTouching &&
      share([...own, ...others], ({ touches }) => touches) >= mostTouching
    );
  });
}

const borderProblem = (value: number): LabelProblem => ({
  kind: 'border',
  what: `The value ${value} is thin and lies around the others: these are classes (inside, border), not nuclei.`,
  hint: `Give each nucleus a number of its own; or set ${value} to 0 and take each piece of the others for a nucleus: ${piecesOption}.`,
});

/** Part of the image, and of the pixels at its four sides, that only a background has. */
const leastSurrounding = { image: 0.5, sides: 0.75 };

/** The value around everything else, where it is not 0: a background of its own, or a mask that is inverted. */
function surroundingValue({ labels, width, height }: LabelImage, pieces: readonly LabelPiece[]) {
  const areas = new Map<number, number>();
  for (const { label, area } of pieces) areas.set(label, (areas.get(label) ?? 0) + area);
  const [value] = [...areas].find(([, area]) => area > leastSurrounding.image * labels.length) ?? [];
  if (value === undefined) return undefined;
  let sides = 0;
  const count = (at: number) => (sides += labels[at] === value ? 1 : 0);
  for (let x = 0; x < width; x++) [x, (height - 1) * width + x].forEach(count);
  for (let y = 0; y < height; y++) [y * width, (y + 1) * width - 1].forEach(count);
  return sides >= leastSurrounding.sides * 2 * (width + height) ? value : undefined;
}

function backgroundProblem(value: number, image: LabelImage): LabelProblem {
  const isElsewhere = (label: number) => label === value;
  const labels = Int32Array.from(image.labels, (label) =>
    isElsewhere(label) ? 0 : label === 0 ? -1 : label,
  );
  const share = Math.round((100 * image.labels.filter(isElsewhere).length) / labels.length);
  const inside = labelProblem({ ...image, labels });
  const isPieces = inside?.kind === 'foreground' || inside?.kind === 'classes';
  return {
    kind: 'background',
    what: `The value ${value} covers ${share} % of the image and nearly all of its sides: it is the background, or the mask is inverted.`,
    hint: `If it is the background, say so: --background ${value} (data.background)${isPieces ? `; and take each connected piece for a nucleus: ${piecesOption}` : ''}.`,
  };
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
