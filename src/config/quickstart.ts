import { z } from 'zod';
import { seed } from './seed.js';

const Data = z.strictObject({
  path: z
    .string()
    .min(1)
    .default('examples/dsb2018-mini')
    .describe(
      'Folder of images, each with its label image; a relative path starts at the current working directory.',
    ),
});

const Model = z.strictObject({
  channels: z
    .array(z.int().min(1))
    .min(1)
    .default([8, 16])
    .describe('Channels (count) of each convolution of the small network, from input to output.'),
  kernelSize: z
    .int()
    .min(1)
    .refine((size) => size % 2 === 1, 'odd')
    .default(3)
    .describe('Side of the square convolution kernels, px; odd, so that a kernel has a centre.'),
});

const Train = z.strictObject({
  learningRate: z
    .number()
    .positive()
    .default(0.05)
    .describe('Learning rate of stochastic gradient descent with momentum (no unit).'),
  momentum: z
    .number()
    .min(0)
    .lt(1)
    .default(0.9)
    .describe('Share of the previous step that the next one keeps (no unit); 0 is plain descent.'),
  batchSize: z.int().min(1).default(4).describe('Images (count) in one optimiser step.'),
  cropSize: z
    .int()
    .min(32)
    .max(512)
    .multipleOf(8)
    .default(128)
    .describe('Side of the square crop taken from each training image, px.'),
});

const Output = z.strictObject({
  path: z
    .string()
    .min(1)
    .default('runs/quickstart')
    .describe('Folder the run writes to; a relative path starts at the current working directory.'),
});

/** The config of `task: quickstart`: one step of a small network, to see that everything works. */
export const QuickstartConfig = z.strictObject({
  task: z.literal('quickstart').describe('What to do (a name): `quickstart` trains a small network briefly.'),
  seed,
  data: Data.prefault({}).describe('What to train on.'),
  model: Model.prefault({}).describe('The network.'),
  train: Train.prefault({}).describe('How to train it.'),
  output: Output.prefault({}).describe('Where the results go.'),
});

/** A resolved {@link QuickstartConfig}: every key has a value. */
export type QuickstartConfig = z.output<typeof QuickstartConfig>;
