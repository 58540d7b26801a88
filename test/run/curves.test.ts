import { expect, test } from 'vitest';
import { curvesOf, overallMetrics, thinCurve, validationCurve } from '../../src/run/curves.js';

const train = (step: number, others: object) => ({
  ...{ step, kind: 'train', loss: step, boxes: step / 2, gradientNorm: 1, learningRate: 0.1, epoch: 1 },
  ...{ stepMs: 100, dataMs: 1, ...others },
});

const names = { lossNames: ['boxes'] };

test('records of steps become curves, in the order of the losses; a value that is not a number leaves a gap', () => {
  const { losses, gradientNorm, times, validations } = curvesOf(
    [
      train(1, {}),
      train(2, { gradientNorm: 'Infinity', memoryMiB: 800, lossScale: 8 }),
      { step: 2, kind: 'validation', score: 0.5, ap: 0.5, 'small/ap': null, seconds: 3 },
      train(3, {}),
      { step: 3, kind: 'validation', score: 'NaN' },
    ],
    names,
  );
  expect(losses).toEqual([
    { name: 'loss', steps: [1, 2, 3], values: [1, 2, 3] },
    { name: 'boxes', steps: [1, 2, 3], values: [0.5, 1, 1.5] },
  ]);
  expect(gradientNorm).toEqual({ name: 'gradientNorm', steps: [1, 3], values: [1, 1] });
  expect(times.map(({ name, values }) => [name, values[0]])).toEqual([
    ['stepMs', 100],
    ['dataMs', 1],
  ]);
  expect(validations).toEqual([{ step: 2, score: 0.5, metrics: { ap: 0.5, 'small/ap': null }, seconds: 3 }]);
  expect(validationCurve(validations, 'score').values).toEqual([0.5]);
  expect(validationCurve(validations, 'small/ap').values).toEqual([]);
});

test('only losses that the run names become loss curves: neither a new field of a step nor a name without values', () => {
  const records = [train(1, { masks: 3, temperature: 60 }), train(2, { masks: 2, temperature: 61 })];
  const { losses } = curvesOf(records, { lossNames: ['masks', 'boxes', 'maps'] });
  expect(losses.map(({ name }) => name)).toEqual(['loss', 'masks', 'boxes']);
});

test('overall metrics leave out clusters, size classes and limits of detections', () => {
  const metrics = { score: 1, ap: 1, 'cluster-a/ap': 1, 'recall@10': 1, 'twoStage/score': 1 };
  const record = { step: 1, score: 1, metrics, seconds: null };
  expect(overallMetrics(record)).toEqual(['ap', 'twoStage/score']);
});

test('a run without steps has empty curves', () => {
  const { losses, learningRate, validations } = curvesOf([], names);
  expect({ losses, learningRate, validations }).toEqual({
    losses: [],
    learningRate: { name: 'learningRate', steps: [], values: [] },
    validations: [],
  });
});

test('neighbouring points are replaced by their median, so that no outlier remains', () => {
  const curve = { name: 'loss', steps: [1, 2, 3, 4, 5], values: [1, 900, 3, 4, 6] };
  // Five points on at most two: three and two of them.
  expect(thinCurve(curve, 2)).toEqual({ name: 'loss', steps: [3, 5], values: [3, 5] });
  expect(thinCurve(curve, 5)).toEqual(curve);
  expect(thinCurve({ ...curve, steps: [], values: [] }, 2).values).toEqual([]);
});
