import { type Curve, type RunCurves, thinCurve, validationCurve } from '../run/curves.js';
import { metricLabel, type MetricNames } from '../run/metric-names.js';
import type { CurveChart } from './charts.js';

/** Points of a curve; a chart is not wide enough to show more. */
const points = 300;

/** The charts of a run: losses, validation metrics, learning rate, gradient norm and times. Empty ones are left out. */
export function runCharts(
  { losses, learningRate, gradientNorm, times, validations }: RunCurves,
  { scoreName, metricNames }: Pick<MetricNames, 'scoreName' | 'metricNames'>,
): CurveChart[] {
  const score = { ...validationCurve(validations, 'score'), name: scoreName };
  // The first is the score's own.
  const metrics = metricNames.slice(1).map((name) => ({
    ...validationCurve(validations, name),
    name: metricLabel(name, scoreName),
  }));
  const [loss, ...parts] = losses;
  return [
    { title: 'Loss', curves: loss ? [loss] : [] },
    { title: 'Parts of the loss', curves: parts },
    { title: 'Validation', curves: [score, ...metrics] },
    { title: 'Learning rate', curves: [learningRate] },
    { title: 'Gradient norm, before clipping', curves: [gradientNorm], isLog: true },
    { title: 'Time of a step, and of waiting for its batch, ms', curves: times },
  ]
    .map((chart) => ({
      ...chart,
      curves: chart.curves
        .map((curve) => drawn(curve, chart.isLog))
        .filter(({ values }) => values.length > 0),
    }))
    .filter(({ curves }) => curves.length > 0);
}

/** On a logarithmic scale there is no place for values of 0. */
function drawn(curve: Curve, isLog = false): Curve {
  const { name, steps, values } = thinCurve(curve, points);
  if (!isLog) return { name, steps, values };
  return {
    name,
    steps: steps.filter((_, k) => values[k]! > 0),
    values: values.filter((value) => value > 0),
  };
}
