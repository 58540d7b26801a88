import { z } from 'zod';

/** The key that every task has. */
export const seed = z
  .int()
  .min(1)
  .default(1)
  .describe('Seed of all random numbers; the same seed repeats the run.');
