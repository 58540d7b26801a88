import type { Argv } from 'yargs';
import type { Rect } from '../data/geometry/rect.js';
import { exitCodes, NucleateError } from '../errors.js';
import type { SegmentSettings } from '../model/segment-settings.js';
import { between, fraction, wholeNumber } from './number-options.js';
import { askedScale, type ScaleArguments, withScale } from './scale-options.js';

export interface PredictionArguments extends ScaleArguments {
  'score-threshold': string | undefined;
  'mask-threshold': string | undefined;
  'min-area': string | undefined;
  'max-area': string | undefined;
  border: 'keep' | 'drop' | undefined;
  region: string | undefined;
}

/** Adds what replaces the settings of a model for the images that are predicted now. */
export function withPrediction<Arguments>(parser: Argv<Arguments>) {
  const own = "default: the model's own";
  return withScale(parser)
    .option('score-threshold', {
      type: 'string',
      requiresArg: true,
      describe: `Drop nuclei with a lower score, 0 to 1: lower it if nuclei are missed; ${own}`,
    })
    .option('mask-threshold', {
      type: 'string',
      requiresArg: true,
      describe: `A pixel of at least this probability belongs to the nucleus, between 0 and 1: lower it if nuclei are too small; ${own}`,
    })
    .option('min-area', {
      type: 'string',
      requiresArg: true,
      describe: `Drop nuclei with a smaller area, px of the image; ${own}`,
    })
    .option('max-area', {
      type: 'string',
      requiresArg: true,
      describe: `Drop nuclei with a larger area, px of the image; ${own}`,
    })
    .option('border', {
      choices: ['keep', 'drop'] as const,
      requiresArg: true,
      describe: `Whether to drop nuclei that touch the border of the image or region; ${own}`,
    })
    .option('region', {
      type: 'string',
      requiresArg: true,
      describe:
        'Predict only this part: x,y,width,height in px of the image. Results have the size of the image',
    });
}

/** What the user has asked for; the rest is left to the model. */
export interface AskedPrediction {
  readonly settings: SegmentSettings;
  /** um of a pixel, in place of what images say. */
  readonly pixelSize?: number;
}

/** @throws {NucleateError} Exit code 2 for values that are none, or contradict each other. */
export function askedPrediction({
  'score-threshold': scoreThreshold,
  'mask-threshold': maskThreshold,
  'min-area': minArea,
  'max-area': maxArea,
  border,
  region,
  ...scale
}: PredictionArguments): AskedPrediction {
  const { diameter, pixelSize } = askedScale(scale);
  const settings: SegmentSettings = {
    ...(scoreThreshold !== undefined && { scoreThreshold: fraction('score-threshold', scoreThreshold) }),
    ...(maskThreshold !== undefined && { maskThreshold: between('mask-threshold', maskThreshold, 0, 1) }),
    ...(minArea !== undefined && { minArea: wholeNumber('min-area', minArea, 1) }),
    ...(maxArea !== undefined && { maxArea: wholeNumber('max-area', maxArea, 1) }),
    ...(border && { border }),
    ...(region !== undefined && { region: rectOf(region) }),
    ...(diameter !== undefined && { diameter }),
  };
  return { settings, ...(pixelSize !== undefined && { pixelSize }) };
}

function rectOf(text: string): Rect {
  const parts = text.split(',');
  const [x, y, width, height] = parts.map((part) => (/^\s*\d{1,9}\s*$/u.test(part) ? Number(part) : NaN));
  if (parts.length === 4 && x! >= 0 && y! >= 0 && width! >= 1 && height! >= 1)
    return { x: x!, y: y!, width: width!, height: height! };
  throw new NucleateError({
    what: `--region takes x,y,width,height in whole px, received \`${text}\`.`,
    hint: 'For example: --region 1000,500,256,256.',
    exitCode: exitCodes.usage,
  });
}
