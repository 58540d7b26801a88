/** Brings nuclei of another size to the size that a model knows. */
import type { AssembleSettings } from '../config/assemble.js';
import type { TrainedSizes } from '../config/model-file.js';
import type { PixelSize } from '../data/image/image.js';
import { exitCodes, NucleateError } from '../errors.js';
import { dsb2018Sizes } from './second-pass.js';

/** How wide the typical nucleus of an image is, the square root of the area of its box: px of the image, or um. */
export type Diameter = number | { readonly um: number };

/** What is asked for about the scale of images. */
export interface AskedScale {
  /** Absent: as in training, or what a second pass finds. */
  readonly diameter?: Diameter;
  /** um of a pixel, in place of what images say. */
  readonly pixelSize?: number;
}

/** `diameter 20 px`, `diameter 10 um`, `pixel size 0.5 um`: none for nothing. */
export const describeScale = ({ diameter, pixelSize }: AskedScale): string[] => [
  ...(diameter === undefined
    ? []
    : [`diameter ${typeof diameter === 'number' ? `${diameter} px` : `${diameter.um} um`}`]),
  ...(pixelSize === undefined ? [] : [`pixel size ${pixelSize} um`]),
];

/**
 * um: the diameter where only the size of a pixel is told, the geometric middle of the 5 to 20 um of mammalian nuclei
 * (Dahl, Ribeiro & Lammerding, Nuclear shape, mechanics, and mechanotransduction, Circulation Research 102, 2008).
 */
export const usualNucleus = 10;

/** Larger changes of the zoom are mistakes: enlarged eightfold, the typical nucleus of the bundled model has 2.4 px. */
const mostEnlarged = 8;
const mostReduced = 16;

/** What is known of the detector of a model. */
export interface DetectorScale {
  readonly config: { readonly loader: { readonly zoom: number } };
  /** Absent: those of DSB2018. */
  readonly sizes?: TrainedSizes | undefined;
}

/** px of an image as the model was trained on: the typical diameter of its nuclei. */
export const trainedDiameter = ({ config, sizes = dsb2018Sizes }: DetectorScale): number =>
  sizes.typical / config.loader.zoom;

/** How an image is predicted whose nuclei have a given diameter. */
export interface Scale {
  /** px of the image. */
  readonly diameter: number;
  /** px of the network input for a px of the image: nuclei of that diameter look as in training. */
  readonly zoom: number;
}

/**
 * @param pixelSize Of the image.
 * @throws {NucleateError} Exit code 2, or 3 where it is due to the image: um in an image whose pixels have no known size,
 *   or a diameter that is too far from those of training to be meant.
 */
export function scaleFor(asked: Diameter, pixelSize: PixelSize | undefined, detector: DetectorScale): Scale {
  const diameter = inPixels(asked, pixelSize);
  const usual = trainedDiameter(detector);
  const factor = usual / diameter;
  if (factor <= mostEnlarged && factor >= 1 / mostReduced)
    return { diameter, zoom: factor * detector.config.loader.zoom };
  const [least, most] = [usual / mostEnlarged, usual * mostReduced].map((px) => Number(px.toPrecision(2)));
  throw new NucleateError({
    what: `Nuclei of ${Number(diameter.toPrecision(3))} px cannot be predicted: this model takes diameters of ${least} to ${most} px.`,
    hint: 'Check that --diameter is in px of the image, or in um with the unit (10um), and --pixel-size in um.',
    exitCode: typeof asked === 'number' ? exitCodes.usage : exitCodes.data,
  });
}

function inPixels(diameter: Diameter, pixelSize: PixelSize | undefined): number {
  if (typeof diameter === 'number') return diameter;
  // Where pixels are not square, those of a square of the same area.
  if (pixelSize) return diameter.um / Math.sqrt(pixelSize.x * pixelSize.y);
  throw new NucleateError({
    what: 'The image does not tell the size of its pixels, so a diameter in um means nothing in it.',
    hint: 'Give --pixel-size UM, or the diameter in px: --diameter 20.',
    exitCode: exitCodes.data,
  });
}

/** A model's own settings that are in px, for nuclei of another diameter: areas and dilation grow along. */
export function settingsAt(
  diameter: number,
  detector: DetectorScale,
  own: AssembleSettings,
): AssembleSettings {
  const factor = diameter / trainedDiameter(detector);
  const area = (px: number) => Math.max(1, Math.round(px * factor ** 2));
  return {
    ...own,
    ...{ minArea: area(own.minArea), maxArea: own.maxArea === null ? null : area(own.maxArea) },
    // Within the bounds of the setting, and never -0.
    dilation: Math.min(Math.max(Math.round(own.dilation * factor), -8), 8) || 0,
  };
}
