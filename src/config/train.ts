import { z } from 'zod';

/** Years on any machine. */
const maxSteps = 1e8;
const steps = z.int().min(0).max(maxSteps);

/** The optimizer. */
export const OptimizerConfig = z.strictObject({
  kind: z
    .enum(['momentum', 'adamw'])
    .default('adamw')
    .describe('`momentum` is SGD with momentum, `adamw` is Adam with decoupled weight decay.'),
  momentum: z.number().min(0).lt(1).default(0.9).describe('For `momentum`: the momentum.'),
  nesterov: z.boolean().default(false).describe('For `momentum`: whether to use Nesterov momentum.'),
  beta1: z
    .number()
    .min(0)
    .lt(1)
    .default(0.9)
    .describe('For `adamw`: decay rate of the first moment (Kingma and Ba, arXiv 1412.6980: 0.9).'),
  beta2: z
    .number()
    .min(0)
    .lt(1)
    .default(0.999)
    .describe('For `adamw`: decay rate of the second moment (Kingma and Ba: 0.999).'),
  epsilon: z
    .number()
    .positive()
    .default(1e-7)
    .describe('For `adamw`: added to the denominator (Keras: 1e-7).'),
  weightDecay: z
    .number()
    .min(0)
    .default(1e-4)
    .describe(
      'Weight decay: each step subtracts learning rate * this * kernel; biases and normalization are not decayed. 0 switches it off.',
    ),
  clipNorm: z
    .number()
    .min(0)
    .default(10)
    .describe('Clip the global gradient norm to this value; 0 switches clipping off.'),
  accumulate: z
    .int()
    .min(1)
    .max(10_000)
    .default(1)
    .describe('Number of batches whose gradients are averaged for one step.'),
  emaDecay: z
    .number()
    .min(0)
    .lt(1)
    .default(0.999)
    .describe(
      'Decay rate of the exponential moving average of the weights, lower in the first steps; validation and packed models use the average. 0 switches it off.',
    ),
});

/** The learning rate, which depends on the step only. */
export const ScheduleConfig = z
  .strictObject({
    kind: z
      .enum(['constant', 'cosine', 'step'])
      .default('cosine')
      .describe('Shape of the schedule after the warm-up.'),
    learningRate: z.number().positive().default(1e-3).describe('Learning rate after the warm-up.'),
    warmupSteps: steps
      .default(500)
      .describe('Number of steps over which the rate grows linearly from `warmupFactor` * `learningRate`.'),
    warmupFactor: z
      .number()
      .min(0)
      .max(1)
      .default(0.001)
      .describe('Fraction of the learning rate in step 0 (detectron2: 0.001).'),
    steps: z
      .int()
      .min(1)
      .max(maxSteps)
      .default(18_000)
      .describe(
        'Length of the schedule in steps, warm-up included; the rate is constant afterwards. Independent of `budget.steps`, so that a longer budget does not change earlier steps.',
      ),
    finalFactor: z
      .number()
      .min(0)
      .max(1)
      .default(0.01)
      .describe('For `cosine`: fraction of the learning rate at the end of the schedule.'),
    milestones: z
      .array(z.int().min(1).max(maxSteps))
      .max(1000)
      .default([12_000, 16_000])
      .describe(
        'For `step`: steps at which the rate is multiplied by `gamma` (detectron2: at two thirds and eight ninths).',
      ),
    gamma: z.number().positive().max(1).default(0.1).describe('For `step`: factor at each milestone.'),
  })
  .refine(
    ({ warmupSteps, steps }) => warmupSteps < steps,
    'a schedule whose `warmupSteps` are fewer than its `steps`',
  );

/** How long a run trains; may change when it is resumed. */
export const BudgetConfig = z.strictObject({
  steps: steps.default(18_000).describe('Optimizer steps of the whole run; 0: no limit.'),
  minutes: z
    .number()
    .min(0)
    .max(525_600)
    .default(0)
    .describe('Minutes after which a process saves and stops; 0: no limit.'),
  patience: steps
    .default(0)
    .describe('The run ends after this many validations without a better score; 0: no limit.'),
});

/** When the network is scored on the validation split. */
export const ValidationConfig = z.strictObject({
  everySteps: z.int().min(1).max(maxSteps).default(1000).describe('Steps between validations.'),
});

/** When the run is saved. */
export const CheckpointsConfig = z.strictObject({
  everySteps: z
    .int()
    .min(1)
    .max(maxSteps)
    .default(500)
    .describe('Steps between checkpoints; validations and the end of the run save one as well.'),
  keepLast: z
    .int()
    .min(2)
    .max(1000)
    .default(3)
    .describe('Number of newest checkpoints to keep, besides the best; at least 2, in case one is damaged.'),
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
