import type { Argv } from 'yargs';
import type { LabelReading } from '../data/image/label-values.js';
import type { MaskChoice } from '../data/read/annotations/annotation.js';
import { exitCodes, NucleateError } from '../errors.js';

/** What `--label-images`, `--background` and `--category` have got. */
export type LabelArguments = {
  'label-images': LabelReading['labelImages'];
  background: string | undefined;
  category: string[];
};

/** Adds `--label-images`, `--background` and `--category`; for commands that read masks. */
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
    })
    .option('category', {
      type: 'string',
      array: true,
      // One value for each --category, so that paths may follow.
      nargs: 1,
      default: [] as string[],
      describe: 'A category of the annotations that is nuclei; may be repeated; all takes every one',
    });
}

/** @throws {NucleateError} Exit code 2 for a background that is no whole number. */
export function labelReading(args: LabelArguments): MaskChoice {
  const { 'label-images': labelImages, background, category: categories } = args;
  if (background === undefined) return { labelImages, categories };
  if (/^-?\d{1,9}$/u.test(background)) return { labelImages, categories, background: Number(background) };
  throw new NucleateError({
    what: `--background takes a whole number, received \`${background}\`.`,
    hint: 'For example: --background -1',
    exitCode: exitCodes.usage,
  });
}
