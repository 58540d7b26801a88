import type { Argv } from 'yargs';
import type { PredictSettings } from '../config/predict.js';
import { exitCodes, NucleateError } from '../errors.js';
import { between } from './number-options.js';

type View = PredictSettings['tta'][number];

/** Choices of `PredictSettings`'s `tta`, and `none`; repeated here, so that --help does not load the schema. */
const views = ['none', 'flips', 'turns', 'scales', 'polarity'] as const satisfies readonly ('none' | View)[];

export interface TtaArguments {
  tta: string[] | undefined;
  'second-pass': boolean | undefined;
  'no-second-pass': boolean | undefined;
  'dark-zoom': string | undefined;
  diameter?: string | undefined;
}

/** Adds `--tta` and `--dark-zoom`, and the older names of `--diameter auto` and `--diameter trained`, for commands that predict images. */
export function withTta<Arguments>(parser: Argv<Arguments>) {
  return parser
    .option('tta', {
      choices: views,
      array: true,
      requiresArg: true,
      describe:
        "Test-time augmentation: flips takes 4 times as long, turns 8, scales 3, polarity 2; repeat the option to combine them; default: the model's saved setting",
    })
    .option('dark-zoom', {
      type: 'string',
      requiresArg: true,
      describe:
        "How large the detector sees images with a dark background, such as fluorescence: 0.75 is three quarters of the size in training, takes little more than half of its time, and misses more nuclei of kinds that the model has not learnt; default: the model's saved setting",
    })
    .option('second-pass', {
      type: 'boolean',
      conflicts: 'diameter',
      hidden: true,
      describe: 'Older name of --diameter auto',
    })
    .option('no-second-pass', {
      type: 'boolean',
      conflicts: ['second-pass', 'diameter'],
      hidden: true,
      describe: 'Older name of --diameter trained',
    });
}

/** Adds `--diameter` for commands that predict datasets, in which nuclei have many sizes. */
export function withDiameterMode<Arguments>(parser: Argv<Arguments>) {
  return parser.option('diameter', {
    choices: ['auto', 'trained'] as const,
    requiresArg: true,
    describe:
      "Whether to detect again at another scale where a first pass finds much smaller or larger nuclei than in training; default: the model's saved setting",
  });
}

/**
 * The settings that the user has given; the others are left to the model.
 *
 * @throws {NucleateError} Exit code 2 for `none` together with another view, or a zoom out of bounds.
 */
export function ttaSettings({
  tta,
  'second-pass': again,
  'no-second-pass': once,
  'dark-zoom': dark,
  diameter,
}: TtaArguments): Partial<PredictSettings> {
  const named = new Set(tta);
  if (named.delete('none') && named.size > 0) {
    throw new NucleateError({
      what: '--tta none and other views contradict each other.',
      hint: 'Use --tta none without other views, or leave it out.',
      exitCode: exitCodes.usage,
    });
  }
  const modes = new Map([
    ['auto', true],
    ['trained', false],
  ]);
  const secondPass = diameter === undefined ? (once ? false : again) : modes.get(diameter);
  return {
    ...(tta && { tta: [...named] as View[] }),
    ...(secondPass !== undefined && { secondPass }),
    ...(dark !== undefined && { darkZoom: between('dark-zoom', dark, 0.1, 4) }),
  };
}
