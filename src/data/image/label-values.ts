/** From the values of a file to labels. */
import type { LabelImage, Labels } from '../geometry/label-image.js';
import { piecesOfLabels } from '../geometry/label-pieces.js';
import type { Size } from '../geometry/rect.js';
import { imageError, labelsHint } from './image-header.js';
import type { Channels } from './image.js';
import { labelProblem } from './label-check.js';
import type { PlaneValues } from './tiff/read-plane.js';

/** What the user says about label images. */
export interface LabelReading {
  /**
   * What is one nucleus: the pixels of a number, each connected piece of a number or colour, or the pixels of a colour.
   * Default: numbers, and what looks as if it was something else is an error.
   */
  readonly labelImages?: 'numbers' | 'pieces' | 'colours' | undefined;
  /** Default: 0; so it is, too, in files in which it does not occur. */
  readonly background?: number | undefined;
}

/** The values of a file, as they are stored. */
export interface StoredValues extends Size {
  readonly channels: Channels;
  /** `height * width * channels` values. */
  readonly values: PlaneValues;
}

/**
 * @returns Labels as in the file, gaps included, or 1..n for pieces and colours; of 16 bits if they fit. A background other
 *   than 0 becomes 0, and 0 the number after the highest.
 * @throws {NucleateError} Exit code 3 for values that are no labels: colours, fractions, negative ones; and for label images
 *   that are not what they are read as, see `labelProblem`.
 */
export function labelsOfValues(stored: StoredValues, place: string, reading: LabelReading = {}): LabelImage {
  const { width, height } = stored;
  const grey = greyValues(stored);
  const isByColour = reading.labelImages === 'colours' || reading.labelImages === 'pieces';
  if (!grey && !isByColour) throw coloursError(stored, place);
  const labels = grey
    ? wholeLabels(withoutBackground(grey, reading.background ?? 0), place)
    : colourLabels(stored);
  const image = { width, height, labels };
  rejectOthers(image, place, reading);
  return reading.labelImages === 'pieces' ? splitIntoPieces(image) : image;
}

/** @throws {NucleateError} Exit code 3 for what does not look like the label image that it is read as. */
function rejectOthers(image: LabelImage, place: string, { labelImages }: LabelReading): void {
  if (labelImages === 'numbers') return;
  const problem = labelProblem(image);
  if (!problem) return;
  const isPieces = labelImages === 'pieces';
  if (isPieces && (problem.kind === 'foreground' || problem.kind === 'classes')) return;
  const rest = isPieces ? '' : ` If each value is a nucleus all the same: ${numbersOption}.`;
  throw imageError(place, problem.what, problem.hint + rest);
}

const numbersOption = '--label-images numbers';

/** The values of the one channel, or of three that are equal; undefined for colours. */
export function greyValues({ channels, values }: StoredValues): PlaneValues | undefined {
  if (channels === 1) return values;
  for (let at = 0; at < values.length; at += 3)
    if (values[at] !== values[at + 1] || values[at] !== values[at + 2]) return undefined;
  return values.filter((_: number, at: number) => at % 3 === 0);
}

/** A file in which the background does not occur has 0 for it. */
function withoutBackground(values: PlaneValues, background: number): ArrayLike<number> {
  if (background === 0 || !values.includes(background)) return values;
  let highest = 0;
  for (const value of values) if (value > highest && value !== background) highest = value;
  return Float64Array.from(values, (value) => (value === background ? 0 : value === 0 ? highest + 1 : value));
}

/** The largest label of a label image in memory. */
const largestLabel = 2 ** 31 - 1;

/** @throws {NucleateError} Exit code 3 unless all values are whole numbers from 0. */
function wholeLabels(values: ArrayLike<number>, place: string): Labels {
  let highest = 0;
  let negative = 0;
  let least = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    if (!Number.isInteger(value)) {
      const what = `The values are not whole numbers, such as ${value}: a label image that was smoothed, a probability map or an image.`;
      throw imageError(place, what, labelsHint);
    }
    if (value > highest) highest = value;
    if (value < 0) negative++;
    if (value < least) least = value;
  }
  if (negative > 0) {
    const share = Math.max(1, Math.round((100 * negative) / values.length));
    throw imageError(
      place,
      `The label image has negative values (${least} and up, in ${share} % of its pixels).`,
      `If ${least} is its background, say so: --background ${least} (data.background); else save background as 0.`,
    );
  }
  if (highest > largestLabel)
    throw imageError(
      place,
      `The image has a label above ${largestLabel}.`,
      'Renumber the labels without gaps.',
    );
  if (values instanceof Uint16Array) return values;
  return highest > 65_535 ? Int32Array.from(values) : Uint16Array.from(values);
}

/** A number for each colour, in the order of their first pixels; black is 0. */
function colourLabels({ values }: StoredValues): Labels {
  const numbers = new Map<number, number>([[0, 0]]);
  const labels = new Int32Array(values.length / 3);
  for (let pixel = 0, at = 0; pixel < labels.length; pixel++, at += 3) {
    // Exact: three times 16 bits.
    const colour = (values[at]! * 65_536 + values[at + 1]!) * 65_536 + values[at + 2]!;
    const known = numbers.get(colour) ?? numbers.size;
    numbers.set(colour, known);
    labels[pixel] = known;
  }
  return labels;
}

function coloursError(stored: StoredValues, place: string) {
  const { width, height } = stored;
  const problem = labelProblem({ width, height, labels: colourLabels(stored) });
  if (problem?.kind === 'image' || problem?.kind === 'smoothed')
    return imageError(
      place,
      'The colours change from pixel to pixel: this is a colour image, or a coloured label image that was smoothed.',
      labelsHint,
    );
  const option = problem ? 'pieces' : 'colours';
  const meaning = problem ? 'each connected piece of a colour' : 'each colour';
  return imageError(
    place,
    'The labels are colours: the three channels differ.',
    `${labelsHint} Or take ${meaning} for a nucleus, and black for background: --label-images ${option} (data.labelImages).`,
  );
}

/** Numbers for the pieces of all labels, in the order of their first pixels. */
function splitIntoPieces({ width, height, labels }: LabelImage): LabelImage {
  const numbers = new Int32Array(width * height);
  const { length: count } = piecesOfLabels(labels, { width, height }, numbers);
  return { width, height, labels: count > 65_535 ? numbers : Uint16Array.from(numbers) };
}
