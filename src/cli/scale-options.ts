import type { Argv } from 'yargs';
import { exitCodes, NucleateError } from '../errors.js';
import { type AskedScale, type Diameter, usualNucleus } from '../predict/diameter.js';
import { between } from './number-options.js';

export interface ScaleArguments {
  diameter: string | undefined;
  'pixel-size': string | undefined;
}

/** Adds `--diameter` and `--pixel-size`, for commands that predict images of one kind. */
export function withScale<Arguments>(parser: Argv<Arguments>) {
  return parser
    .option('diameter', {
      type: 'string',
      requiresArg: true,
      describe:
        "How wide typical nuclei are: px of the image, or um (10um); `auto` measures them in a first pass, `trained` is the size in training; default: the model's own",
    })
    .option('pixel-size', {
      type: 'string',
      requiresArg: true,
      describe: `um of a pixel, in place of what the image says; alone it means --diameter ${usualNucleus}um, with --diameter it is only for areas and um`,
    });
}

/** um: smaller pixels are those of electron microscopes, larger ones show no cells. */
const pixelSizes = [0.001, 100] as const;

/** `auto` and `trained` are modes of the model: see `ttaSettings`. @throws {NucleateError} Exit code 2 for values that are none. */
export function askedScale({ diameter, 'pixel-size': pixelText }: ScaleArguments): AskedScale {
  const pixelSize = pixelText === undefined ? undefined : between('pixel-size', pixelText, ...pixelSizes);
  const asked = diameter ?? (pixelSize === undefined ? undefined : `${usualNucleus}um`);
  return {
    ...(asked !== undefined && asked !== 'auto' && asked !== 'trained' && { diameter: diameterOf(asked) }),
    ...(pixelSize !== undefined && { pixelSize }),
  };
}

function diameterOf(text: string): Diameter {
  const [, number, unit] = /^(.*?)\s*(um|µm|μm|px)?$/u.exec(text) as unknown as [string, string, string?];
  const value = Number(number);
  if (number !== '' && Number.isFinite(value) && value > 0)
    return unit === undefined || unit === 'px' ? value : { um: value };
  throw new NucleateError({
    what: `--diameter takes px, um, \`auto\` or \`trained\`, received \`${text}\`.`,
    hint: 'For example: --diameter 20, or --diameter 10um.',
    exitCode: exitCodes.usage,
  });
}
