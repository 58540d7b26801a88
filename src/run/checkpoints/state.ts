import { z } from 'zod';
import type { RandomState } from '../../random.js';

const count = z.int().min(0);

const Alea = z.strictObject({ c: z.number(), s0: z.number(), s1: z.number(), s2: z.number() });

/** What a run has to know, besides its tensors, to go on to the bit. */
export const TrainingState = z.strictObject({
  /** Optimizer steps done. */
  step: count,
  /** Items drawn from the loader's endless order. */
  draws: count,
  /** Seconds trained so far, over all processes of the run. */
  seconds: z.number().min(0),
  /** The streams that are not derived from a step or a draw, by name. */
  random: z.record(z.string(), z.strictObject({ alea: Alea, spareNormal: z.number().nullable() })),
  /** The best validation so far; higher is better. */
  best: z.strictObject({ step: count, score: z.number() }).nullable(),
  /** Validations since the best one, for patience. */
  validationsSinceBest: count,
  /** Bytes of each log, by file name in the run folder, that belong to the steps done. */
  logBytes: z.record(z.string(), count),
});

export type TrainingState = Readonly<z.output<typeof TrainingState>> & {
  readonly random: Readonly<Record<string, RandomState>>;
};
