import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ScheduleConfig } from '../../src/config/train.js';
import { learningRateAt } from '../../src/train/schedule.js';
import { uniform } from '../helpers/uniform.js';

const rates = (schedule: ScheduleConfig, steps: number[]) =>
  steps.map((step) => learningRateAt(schedule, step));

test('warm-up grows linearly from a fraction of the rate', () => {
  const schedule = ScheduleConfig.parse({
    kind: 'constant',
    learningRate: 2,
    warmupSteps: 4,
    warmupFactor: 0.2,
  });
  // 2 * (0.2 + 0.8 * step / 4)
  const expected = [0.4, 0.8, 1.2, 1.6, 2, 2];
  rates(schedule, [0, 1, 2, 3, 4, 1000]).forEach((rate, i) => expect(rate).toBeCloseTo(expected[i]!, 12));
});

test('a cosine from the end of the warm-up to the last step, and flat from there', () => {
  const schedule = ScheduleConfig.parse({
    learningRate: 1,
    warmupSteps: 2,
    steps: 10,
    finalFactor: 0.2,
    warmupFactor: 0.5,
  });
  // 0.2 + 0.8 * (1 + cos(pi * share)) / 2 at shares 0, 1/4, 1/2, 3/4, 1 of the 8 steps.
  const quarter = 0.8 * ((1 + Math.SQRT1_2) / 2);
  const expected = [0.5, 0.75, 1, 0.2 + quarter, 0.6, 1 - quarter, 0.2, 0.2];
  rates(schedule, [0, 1, 2, 4, 6, 8, 10, 99]).forEach((rate, i) =>
    expect(rate).toBeCloseTo(expected[i]!, 12),
  );
});

test('steps at milestones', () => {
  const schedule = ScheduleConfig.parse({
    kind: 'step',
    learningRate: 1,
    warmupSteps: 0,
    milestones: [3, 5],
    gamma: 0.5,
  });
  expect(rates(schedule, [0, 2, 3, 4, 5, 100])).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25]);
});

test('no warm-up starts at the full rate, and one step of warm-up at its fraction', () => {
  expect(learningRateAt(ScheduleConfig.parse({ kind: 'constant', learningRate: 3, warmupSteps: 0 }), 0)).toBe(
    3,
  );
  const one = ScheduleConfig.parse({ kind: 'constant', learningRate: 3, warmupSteps: 1, warmupFactor: 0 });
  expect(rates(one, [0, 1])).toEqual([0, 3]);
});

test('a warm-up as long as the schedule is rejected', () => {
  expect(ScheduleConfig.safeParse({ warmupSteps: 10, steps: 10 }).success).toBe(false);
});

test('any schedule stays within its bounds, and falls after the warm-up', () => {
  const anySchedule = fc
    .record({
      kind: fc.constantFrom('constant' as const, 'cosine' as const, 'step' as const),
      learningRate: fc.double({ min: 1e-6, max: 10, noNaN: true }),
      warmupSteps: fc.integer({ min: 0, max: 99 }),
      warmupFactor: uniform(0, 1),
      steps: fc.integer({ min: 100, max: 1000 }),
      finalFactor: uniform(0, 1),
      milestones: fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 3 }),
    })
    .map((input) => ScheduleConfig.parse(input));
  fc.assert(
    fc.property(anySchedule, fc.integer({ min: 0, max: 2000 }), (schedule, step) => {
      const rate = learningRateAt(schedule, step);
      expect(rate).toBeGreaterThanOrEqual(0);
      // Rounding may exceed the bound by a few parts in 10^16.
      expect(rate).toBeLessThanOrEqual(schedule.learningRate * (1 + 1e-12));
      if (step >= schedule.warmupSteps)
        expect(learningRateAt(schedule, step + 1)).toBeLessThanOrEqual(rate * (1 + 1e-12));
      if (step >= schedule.steps) expect(rate).toBe(learningRateAt(schedule, schedule.steps));
    }),
  );
});
