import type { Argv } from 'yargs';
import type { PredictSettings } from '../config/predict.js';
import { exitCodes, NucleateError } from '../errors.js';

type View = PredictSettings['tta'][number];

/** Names of `PredictSettings`'s views, and what stands for none of them; here too, so that --help needs no schema. */
const views = ['none', 'flips', 'turns', 'scales', 'polarity'] as const satisfies readonly ('none' | View)[];

export interface TtaArguments {
  tta: string[] | undefined;
  'second-pass': boolean | undefined;
  'no-second-pass': boolean | undefined;
}

/** Adds `--tta`, `--second-pass` and `--no-second-pass`; for commands that look at images with a model. */
export function withTta<Arguments>(parser: Argv<Arguments>) {
  return parser
    .option('tta', {
      choices: views,
      array: true,
      requiresArg: true,
      describe:
        "Views besides the plain one, or none: flips 4 times the work, turns 8, scales 3, polarity 2; repeated, they multiply; the model's own if absent",
    })
    .option('second-pass', {
      type: 'boolean',
      describe:
        'Look again at another scale where nuclei are far from the sizes trained on; as the model does if absent',
    })
    .option('no-second-pass', {
      type: 'boolean',
      conflicts: 'second-pass',
      describe: 'Look once, whatever the model does',
    });
}

/**
 * What the user has asked for; the model decides the rest.
 *
 * @throws {NucleateError} Exit code 2 for views beside none.
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
      hint: 'Leave none out, or give it alone.',
      exitCode: exitCodes.usage,
    });
  }
  const secondPass = once ? false : again;
  return {
    ...(tta && { tta: [...named] as View[] }),
    ...(secondPass !== undefined && { secondPass }),
  };
}
