import { z } from 'zod';

const count = z.int().min(0);

/**
 * What a run has to know, besides its tensors, to continue exactly to the bit. Unknown keys are ignored: checkpoints of
 * format 1 have `random`, which was always empty.
 */
export const TrainingState = z.object({
  /** Optimizer steps done. */
  step: count,
  /** Items drawn from the loader's endless order. */
  draws: count,
  /** Seconds trained so far, over all processes of the run. */
  seconds: z.number().min(0),
  /** The best validation so far; higher is better. */
  best: z.strictObject({ step: count, score: z.number() }).nullable(),
  /** Validations since the best one, for patience. */
  validationsSinceBest: count,
  /** Bytes of each log, by file name in the run folder, that belong to the steps done. */
  logBytes: z.record(z.string(), count),
});

export type TrainingState = Readonly<z.output<typeof TrainingState>>;
