import type { Argv } from 'yargs';
import type { LabelReading } from '../data/image/label-values.js';
import { exitCodes, NucleateError } from '../errors.js';

/** What `--label-images` and `--background` have got. */
export type LabelArguments = {
  'label-images': LabelReading['labelImages'];
  background: string | undefined;
};

/** Adds `--label-images` and `--background`; for commands that read label images. */
export function withLabelImages<Arguments>(parser: Argv<Arguments>) {
  return parser
    .option('label-images', {
      choices: ['numbers', 'pieces', 'colours'] as const,
      requiresArg: true,
      describe:
        'What is one nucleus in a label image: a number, a connected piece of one value, or a colour; default: numbers, if they look like it',
    })
    .option('background', {
      type: 'string',
      requiresArg: true,
      describe: 'The value of the background in label images, such as -1; default: 0',
    });
}

/** @throws {NucleateError} Exit code 2 for a background that is no whole number. */
export function labelReading({ 'label-images': labelImages, background }: LabelArguments): LabelReading {
  if (background === undefined) return { labelImages };
  if (/^-?\d{1,9}$/u.test(background)) return { labelImages, background: Number(background) };
  throw new NucleateError({
    what: `--background takes a whole number, received \`${background}\`.`,
    hint: 'For example: --background -1',
    exitCode: exitCodes.usage,
  });
}
