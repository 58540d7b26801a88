import { expect, test } from 'vitest';
import { chooseSteps } from '../../src/finetune/finetune-time.js';

const times = { detector: { start: 10, step: 0.5 }, segmenter: { start: 5, step: 0.25 } };
const past = { passed: 20, scoring: 5 };

test('as many steps as fit into the minutes, after what has passed and what comes around them', () => {
  // 600 s less 20, 10, 5 and 3 x 5 s; a step of the detector and 0.6 of the segmenter take 0.65 s.
  const { steps, seconds } = chooseSteps({ minutes: 10 }, times, past);
  expect(steps).toEqual({ detector: Math.floor(550 / 0.65), segmenter: Math.round(0.6 * 846) });
  expect(20 + seconds.all).toBeCloseTo(600, -1);
});

test('a slow machine does the fewest steps that help, and not more than have been tried are done', () => {
  const slow = chooseSteps({ minutes: 1 }, times, past);
  expect(slow.steps).toEqual({ detector: 50, segmenter: 30 });
  expect(slow.seconds.all).toBeCloseTo(30 + 50 * 0.5 + 30 * 0.25, 9);
  expect(chooseSteps({ minutes: 1e4 }, times, past).steps.detector).toBe(3000);
});

test('steps that are asked for are done', () => {
  expect(chooseSteps({ steps: 1 }, times, past).steps).toEqual({ detector: 1, segmenter: 1 });
});
