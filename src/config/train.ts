import { z } from 'zod';

const steps = z.int().min(0);

/** How weights follow from gradients. */
export const OptimizerConfig = z.strictObject({
  kind: z
    .enum(['momentum', 'adamw'])
    .default('adamw')
    .describe('The rule (a name): descent with momentum, or Adam with decoupled weight decay.'),
  momentum: z
    .number()
    .min(0)
    .lt(1)
    .default(0.9)
    .describe('For `momentum`: share of the previous step that the next one keeps (no unit).'),
  nesterov: z
    .boolean()
    .default(false)
    .describe('For `momentum`: whether it looks ahead, as Nesterov has it (no unit).'),
  beta1: z
    .number()
    .min(0)
    .lt(1)
    .default(0.9)
    .describe(
      'For `adamw`: decay of the mean of gradients, a step (no unit; Kingma and Ba, arXiv 1412.6980).',
    ),
  beta2: z
    .number()
    .min(0)
    .lt(1)
    .default(0.999)
    .describe('For `adamw`: decay of the mean of their squares, a step (no unit; Kingma and Ba).'),
  epsilon: z
    .number()
    .positive()
    .default(1e-7)
    .describe('For `adamw`: added to the root of the mean square (no unit; 1e-7 as Keras).'),
  weightDecay: z
    .number()
    .min(0)
    .default(1e-4)
    .describe(
      'Share of each kernel that is lost, a step and unit of the learning rate (no unit); 0 is none.',
    ),
  clipNorm: z
    .number()
    .min(0)
    .default(10)
    .describe('Norm of all gradients together to which larger ones are scaled (no unit); 0 never clips.'),
  accumulate: z
    .int()
    .min(1)
    .default(1)
    .describe('Batches (count) whose gradients are averaged before a step.'),
  emaDecay: z
    .number()
    .min(0)
    .lt(1)
    .default(0.999)
    .describe(
      'Share of the averaged weights kept in a step (no unit), less in the first steps; validation and shipping use them; 0 is no average.',
    ),
});

/** The learning rate, as a function of the step alone. */
export const ScheduleConfig = z
  .strictObject({
    kind: z
      .enum(['constant', 'cosine', 'step'])
      .default('cosine')
      .describe('What follows the warm-up (a name).'),
    learningRate: z.number().positive().default(1e-3).describe('The rate after the warm-up (no unit).'),
    warmupSteps: steps
      .default(500)
      .describe('Steps (count) over which the rate grows evenly from `warmupFactor` of itself.'),
    warmupFactor: z
      .number()
      .min(0)
      .max(1)
      .default(0.001)
      .describe('Share of the rate in step 0 (no unit; 0.001 as detectron2).'),
    steps: z
      .int()
      .min(1)
      .default(18_000)
      .describe(
        'Steps (count) after which the rate stays as it is, warm-up included. Apart from the budget, so that a longer one changes no step done.',
      ),
    finalFactor: z
      .number()
      .min(0)
      .max(1)
      .default(0.01)
      .describe('For `cosine`: share of the rate that is left at the end (no unit).'),
    milestones: z
      .array(z.int().min(1))
      .default([12_000, 16_000])
      .describe(
        'For `step`: steps (count) at which the rate is multiplied by `gamma`; two thirds and eight ninths, as detectron2.',
      ),
    gamma: z.number().positive().max(1).default(0.1).describe('For `step`: that factor (no unit).'),
  })
  .refine(
    ({ warmupSteps, steps }) => warmupSteps < steps,
    'a schedule whose `warmupSteps` are fewer than its `steps`',
  );

/** How long a run trains; may change when it is resumed. */
export const BudgetConfig = z.strictObject({
  steps: steps.default(18_000).describe('Optimizer steps (count) of the whole run; 0 sets no limit.'),
  minutes: z
    .number()
    .min(0)
    .default(0)
    .describe('Minutes (count) that one process trains before it saves and stops; 0 sets no limit.'),
  patience: steps
    .default(0)
    .describe('Validations (count) without a better score after which the run ends; 0 waits for ever.'),
});

/** When the network is scored on the validation split. */
export const ValidationConfig = z.strictObject({
  everySteps: z.int().min(1).default(1000).describe('Steps (count) from one validation to the next.'),
});

/** When the run is saved. */
export const CheckpointsConfig = z.strictObject({
  everySteps: z
    .int()
    .min(1)
    .default(500)
    .describe('Steps (count) from one checkpoint to the next; validations and the end save as well.'),
  keepLast: z
    .int()
    .min(2)
    .default(3)
    .describe(
      'Newest checkpoints (count) that are kept, besides the best; from 2, so that damage to one is no loss.',
    ),
});

/** A resolved {@link OptimizerConfig}: every key has a value. */
export type OptimizerConfig = z.output<typeof OptimizerConfig>;

/** A resolved {@link ScheduleConfig}: every key has a value. */
export type ScheduleConfig = z.output<typeof ScheduleConfig>;

/** A resolved {@link BudgetConfig}: every key has a value. */
export type BudgetConfig = z.output<typeof BudgetConfig>;

/** A resolved {@link ValidationConfig}: every key has a value. */
export type ValidationConfig = z.output<typeof ValidationConfig>;

/** A resolved {@link CheckpointsConfig}: every key has a value. */
export type CheckpointsConfig = z.output<typeof CheckpointsConfig>;
