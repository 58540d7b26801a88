import type { ScheduleConfig } from '../config/train.js';

/**
 * The learning rate of a step: a pure function, so that a resumed run has nothing to restore.
 *
 * Warm-up is linear and multiplies the schedule's rate: `cosine` falls from the end of the warm-up on; the milestones of
 * `step` count from step 0.
 *
 * @param step From 0: optimizer steps done before this one.
 * @returns Above 0 wherever `warmupFactor` and `finalFactor` are.
 */
export function learningRateAt(schedule: ScheduleConfig, step: number): number {
  const { learningRate, warmupSteps, warmupFactor } = schedule;
  if (step < warmupSteps)
    return learningRate * decayAt(schedule, step) * mix(warmupFactor, 1, step / warmupSteps);
  return learningRate * decayAt(schedule, step);
}

/** The factor of the schedule, from 1 down. */
function decayAt(schedule: ScheduleConfig, step: number): number {
  const { kind, warmupSteps, steps, finalFactor, milestones, gamma } = schedule;
  const capped = Math.min(step, steps);
  switch (kind) {
    case 'constant':
      return 1;
    case 'cosine': {
      // Loshchilov and Hutter, arXiv 1608.03983, equation 5, without restarts.
      const progress = Math.max(0, capped - warmupSteps) / (steps - warmupSteps);
      return mix(finalFactor, 1, (1 + Math.cos(Math.PI * progress)) / 2);
    }
    case 'step':
      return gamma ** milestones.filter((milestone) => milestone <= capped).length;
  }
}

const mix = (from: number, to: number, fraction: number) => from + (to - from) * fraction;
