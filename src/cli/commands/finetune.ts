import type { DeviceChoice } from '../../engine/device.js';
import { exitCodes, NucleateError } from '../../errors.js';
import type { FinetuneBudget } from '../../finetune/finetune-time.js';
import type { Command } from '../command.js';
import { datasetKeys } from '../dataset-keys.js';
import { withDevice, withReading } from '../global-options.js';
import type { LabelArguments } from '../label-options.js';
import { positiveNumber, wholeNumber } from '../number-options.js';
import type { PlaneArguments } from '../plane-options.js';
import { shippedModel } from '../../model/shipped-model.js';
import { startDevice } from '../start-device.js';

type Arguments = {
  model: string | undefined;
  data: string[];
  labels: string | undefined;
  split: string | undefined;
  fold: string | undefined;
  replay: string | undefined;
  minutes: string | undefined;
  steps: string | undefined;
  seed: string;
  out: string | undefined;
  'run-dir': string | undefined;
  resume: string | undefined;
  device: DeviceChoice;
} & LabelArguments &
  PlaneArguments;

/** Minutes that a fine-tuning takes if nobody says. */
const usualMinutes = 10;

export const finetuneCommand: Command<Arguments> = {
  usage: 'finetune [model]',
  describe: 'Make a model better on images like some that you have corrected',
  examples: [
    [
      'nucleate finetune --data examples/dsb2018-mini --steps 1 --out models/better',
      'one step; without --steps it takes ten minutes',
    ],
  ],
  builder: (parser) =>
    withDevice(withReading(parser))
      .positional('model', {
        type: 'string',
        describe:
          'The model folder to begin with, which stays as it is; default: the model that comes with nucleate',
      })
      .option('data', {
        type: 'string',
        array: true,
        requiresArg: true,
        default: [] as string[],
        describe: 'Dataset with corrected images; may be repeated, and --labels is of the first',
      })
      .option('split', {
        type: 'string',
        requiresArg: true,
        describe:
          'A file of `data split` with the folds; default: drawn by group, and of at most five folds the one with about a tenth of the nuclei validates',
      })
      .option('fold', {
        type: 'string',
        requiresArg: true,
        implies: 'split',
        describe: 'With --split: the fold that validates; the first is 0',
      })
      .option('replay', {
        type: 'string',
        requiresArg: true,
        describe:
          'Dataset with older images, which the model shall not forget; read without the options of --data',
      })
      .option('minutes', {
        type: 'string',
        requiresArg: true,
        conflicts: 'steps',
        describe: `How long to learn, all in all; default: ${usualMinutes}`,
      })
      .option('steps', {
        type: 'string',
        requiresArg: true,
        describe: 'How many steps the detector learns; the segmenter takes 0.6 times as many',
      })
      .option('seed', {
        type: 'string',
        requiresArg: true,
        default: '1',
        describe: 'Seed of all random numbers; the same seed and steps make the same model',
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        describe: 'The model folder to write; must not exist. Default: models/ and the name of the dataset',
      })
      .option('run-dir', {
        type: 'string',
        requiresArg: true,
        describe: 'New folder for the trainings; default: a folder in runs/, named by the time',
      })
      .option('resume', {
        type: 'string',
        requiresArg: true,
        describe: 'Continue the fine-tuning in this folder; --out may name another place for its model',
      }),
  async handler(args, terminal) {
    const { resume } = args;
    if (resume === undefined) requireNewArguments(args);
    else requireResumeArguments(args);
    const [{ finetune, resumeFinetune }, { runFinetune }] = await Promise.all([
      import('../../finetune/finetune.js'),
      import('../finetune/run-finetune.js'),
    ]);
    const budget = budgetOf(args);
    const seed = wholeNumber('seed', args.seed, 1);
    const reading = datasetKeys(args);
    const fold = args.fold === undefined ? 0 : wholeNumber('fold', args.fold, 0);
    const runtime = await startDevice(args.device, terminal);
    await runFinetune(terminal, (options) => {
      if (resume !== undefined) return resumeFinetune(resume, { runtime, out: args.out, ...options });
      const { data: paths, labels, split, replay, 'run-dir': folder } = args;
      const chosen = split !== undefined && { split: { path: split, fold } };
      return finetune(
        args.model ?? shippedModel,
        { paths, labels, reading, replay, ...chosen },
        { runtime, out: args.out ?? `models/${nameOf(paths[0]!)}`, folder, budget, seed, ...options },
      );
    });
  },
};

function budgetOf({ minutes, steps }: Arguments): FinetuneBudget {
  if (steps !== undefined) return { steps: wholeNumber('steps', steps, 1) };
  return { minutes: minutes === undefined ? usualMinutes : positiveNumber('minutes', minutes) };
}

/** The name of a dataset, without the ending of an archive. */
const nameOf = (place: string) =>
  place
    .replace(/[/\\]+$/u, '')
    .split(/[/\\]/u)
    .at(-1)!
    .replace(/\.[A-Za-z]+$/u, '') || 'finetuned';

function requireNewArguments({ data }: Arguments): void {
  if (data.length > 0) return;
  const hint = 'Name a dataset with them: nucleate finetune --data MINE; or continue: --resume DIR.';
  throw wrong('A fine-tuning needs corrected images.', hint);
}

/** What a fine-tuning is told when it begins. */
const settledNames = [
  ...(['model', 'data', 'labels', 'label-images', 'background', 'category', 'channel', 'plane'] as const),
  ...(['split', 'replay', 'minutes', 'steps', 'run-dir'] as const),
];

/** Rejects what a fine-tuning has been told when it began. */
function requireResumeArguments(args: Arguments): void {
  const given = settledNames.find((name) => {
    const value = args[name];
    return Array.isArray(value) ? value.length > 0 : value !== undefined;
  });
  if (given === undefined) return;
  const named = given === 'model' ? `the model ${args.model}` : `--${given}`;
  throw wrong(
    `--resume and ${named} exclude each other: it continues with what it was given when it began.`,
    'Leave one of them out.',
  );
}

const wrong = (what: string, hint: string) => new NucleateError({ what, hint, exitCode: exitCodes.usage });
