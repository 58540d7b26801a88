import type { Argv } from 'yargs';
import type { PredictSettings } from '../config/predict.js';
import { exitCodes, NucleateError } from '../errors.js';

type View = PredictSettings['tta'][number];

/** Choices of `PredictSettings`'s `tta`, and `none`; repeated here, so that --help does not load the schema. */
const views = ['none', 'flips', 'turns', 'scales', 'polarity'] as const satisfies readonly ('none' | View)[];

export interface TtaArguments {
  tta: string[] | undefined;
  'second-pass': boolean | undefined;
  'no-second-pass': boolean | undefined;
}

/** Adds `--tta`, `--second-pass` and `--no-second-pass`, for commands that predict images. */
export function withTta<Arguments>(parser: Argv<Arguments>) {
  return parser
    .option('tta', {
      choices: views,
      array: true,
      requiresArg: true,
      describe:
        "Test-time augmentation: flips takes 4 times as long, turns 8, scales 3, polarity 2; repeat the option to combine them; default: the model's saved setting",
    })
    .option('second-pass', {
      type: 'boolean',
      describe:
        "Detect again at another scale if nuclei are much smaller or larger than in training; default: the model's saved setting",
    })
    .option('no-second-pass', {
      type: 'boolean',
      conflicts: 'second-pass',
      describe: 'No second pass, whatever the model has saved',
    });
}

/**
 * The settings that the user has given; the others are left to the model.
 *
 * @throws {NucleateError} Exit code 2 for `none` together with another view.
 */
export function ttaSettings({
  tta,
  'second-pass': again,
  'no-second-pass': once,
}: TtaArguments): Partial<PredictSettings> {
  const named = new Set(tta);
  if (named.delete('none') && named.size > 0) {
    throw new NucleateError({
      what: '--tta none and other views contradict each other.',
      hint: 'Use --tta none without other views, or leave it out.',
      exitCode: exitCodes.usage,
    });
  }
  const secondPass = once ? false : again;
  return {
    ...(tta && { tta: [...named] as View[] }),
    ...(secondPass !== undefined && { secondPass }),
  };
}
