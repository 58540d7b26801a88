import { z } from 'zod';
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
  more: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'More datasets, which are put together with `path`; images of equal pixels are named in a warning.',
    ),
  labels: z
    .string()
    .default('')
    .describe(
      'File or folder of annotations with the masks of `path`, if they are not stored beside the images. Empty: none.',
    ),
  labelImages: z
    .enum(['auto', 'numbers', 'pieces', 'colours'])
    .default('auto')
    .describe(
      'What is one nucleus in a label image: a number, a connected piece of one value, or a colour; `auto`: a number, if it looks like it.',
    ),
  background: z
    .int()
    .default(0)
    .describe('Value of the background in label images; 0 in those in which it does not occur.'),
  categories: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Categories of the annotations that are nuclei; `all` takes every one. Empty: there must be one only.',
    ),
  channel: z
    .array(z.union([z.int().min(1), z.string().min(1)]))
    .default([])
    .describe(
      'Channel of the images with the nuclei: its name, or its number from 1; several become colours. Empty: images have one channel, or are in colours.',
    ),
  plane: z
    .array(
      z.union([
        z.int().min(1),
        z
          .string()
          .regex(/^(?:[zt]=)?(?:max|mean|[1-9]\d*)$/u)
          .meta({ title: '`max`, `mean`, or one of them or a number after `z=` or `t=`' }),
      ]),
    )
    .default([])
    .describe(
      'Plane of images that are stacks: `max`, `mean` or a number from 1, along an axis: `z=max`, `t=1`. Empty: images have one plane.',
    ),
  split: z
    .string()
    .min(1)
    .default('configs/splits/dsb2018.json')
    .describe(
      'File with the folds of the dataset, made by `nucleate data split`; `none` draws folds, with images of one field in the same fold, and writes them to `split.json` of the run.',
    ),
  validationFold: z
    .int()
    .min(0)
    .default(0)
    .describe('Number of the fold that is used for validation; the other folds are used for training.'),
  trainOnAll: z
    .boolean()
    .default(false)
    .describe(
      'Whether to train on the validation images as well, for a final model; validation scores are then optimistic.',
    ),
  intensity: z
    .enum(['full', 'stretched'])
    .default('stretched')
    .describe(
      'Black and white of an 8-bit image for the network: `full`, 0 and 255; `stretched`, the 0.1 and 99.9 percentiles of its values.',
    ),
});

/** How the images and masks of a dataset are read: keys of `data`. */
export const DatasetReading = Data.pick({
  labelImages: true,
  background: true,
  categories: true,
  channel: true,
  plane: true,
});

export type DatasetReading = z.output<typeof DatasetReading>;

const Run = z.strictObject({
  folder: z
    .string()
    .min(1)
    .default('runs')
    .describe(
      'Folder in which run folders are made; a relative path starts at the current working directory.',
    ),
  name: z
    .string()
    .min(1)
    .default('run')
    .describe('First part of the name of the run folder; date and time follow.'),
});

/** The keys that the configs of all tasks have in common. */
export const training = {
  seed: z.int().min(1).default(1).describe('Seed of all random numbers; the same seed repeats the run.'),
  data: Data.prefault({}).describe('What to train on.'),
  run: Run.prefault({}).describe('Where the results go.'),
  optimizer: OptimizerConfig.prefault({}).describe('The optimizer.'),
  schedule: ScheduleConfig.prefault({}).describe('The learning rate schedule.'),
  budget: BudgetConfig.prefault({}).describe('How long to train; may change when the run is resumed.'),
  validation: ValidationConfig.prefault({}).describe('When the network is scored on the validation fold.'),
  checkpoints: CheckpointsConfig.prefault({}).describe('When the run is saved.'),
  precision: z
    .enum(['float32', 'bfloat16', 'float16'])
    .default('float32')
    .describe('Number format of convolutions and matrix products; everything else is float32.'),
};

/** The part of a resolved config that all tasks have in common. */
export type TrainingConfig = z.output<z.ZodObject<typeof training>>;
