import { z } from 'zod';
import { seed } from './seed.js';
import {
  BudgetConfig,
  CheckpointsConfig,
  OptimizerConfig,
  ScheduleConfig,
  ValidationConfig,
} from './train.js';

const Data = z.strictObject({
  path: z
    .string()
    .min(1)
    .default('data/stage1_train_fixed.zip')
    .describe(
      'Dataset: a folder, a zip archive or a prepared file; a relative path starts at the current working directory.',
    ),
  labels: z
    .string()
    .default('')
    .describe(
      'Run-length CSV with the masks (a path), where they do not lie beside the images; empty is none.',
    ),
  split: z
    .string()
    .min(1)
    .default('configs/splits/dsb2018.json')
    .describe(
      'Folds of the dataset: the path of a file of `nucleate data split`; `none` draws them image by image.',
    ),
  validationFold: z
    .int()
    .min(0)
    .default(0)
    .describe('Fold (its number, no unit) whose images validate; the others train.'),
  trainOnAll: z
    .boolean()
    .default(false)
    .describe('Whether the images that validate train as well (no unit): for a final model.'),
  intensity: z
    .enum(['full', 'stretched'])
    .default('stretched')
    .describe(
      'What the network sees as black and white of an 8-bit image (a name): 0 and 255, or the percentiles 0.1 and 99.9 of its values.',
    ),
});

const Run = z.strictObject({
  folder: z
    .string()
    .min(1)
    .default('runs')
    .describe('Folder for the folders of runs; a relative path starts at the current working directory.'),
  name: z
    .string()
    .min(1)
    .default('run')
    .describe('Beginning of the name of the run folder; the time follows.'),
});

/** The entries that the config of every task that is trained has, beside its `task`, `loader` and `model`. */
export const training = {
  seed,
  data: Data.prefault({}).describe('What to train on.'),
  run: Run.prefault({}).describe('Where the results go.'),
  optimizer: OptimizerConfig.prefault({}).describe('How weights follow from gradients.'),
  schedule: ScheduleConfig.prefault({}).describe('The learning rate, as a function of the step alone.'),
  budget: BudgetConfig.prefault({}).describe('How long it trains; may change when the run is resumed.'),
  validation: ValidationConfig.prefault({}).describe('When the network is scored on the validation fold.'),
  checkpoints: CheckpointsConfig.prefault({}).describe('When the run is saved.'),
  precision: z
    .enum(['float32', 'bfloat16', 'float16'])
    .default('float32')
    .describe('Numbers that convolutions and matrix products multiply (a name); all else is float32.'),
};

/** A resolved config of any task that is trained, as far as all have it. */
export type TrainingConfig = z.output<z.ZodObject<typeof training>>;
