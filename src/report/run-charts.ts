import { type Curve, type RunCurves, thinCurve, validationCurve } from '../run/curves.js';
import type { CurveChart } from './charts.js';

/** Points of a curve: more than a chart is wide would only be fuzz. */
const points = 300;

/** Figures of a validation that fit one chart. */
const figures = 6;

/** What there is to see of a run: losses, scores, and what they cost; charts without values are left out. */
export function runCharts({
  losses,
  learningRate,
  gradientNorm,
  times,
  validations,
}: RunCurves): CurveChart[] {
  const names = Object.keys(validations.at(-1)?.metrics ?? {}).filter((name) => !/[/@]/u.test(name));
  const shares = names
    .map((name) => validationCurve(validations, name))
    // Counts are none, and what is always 0 says nothing.
    .filter(({ values }) => values.every((value) => value <= 1) && values.some((value) => value > 0))
    .slice(0, figures);
  const [loss, ...parts] = losses;
  return [
    { title: 'Loss', curves: loss ? [loss] : [] },
    { title: 'Parts of the loss', curves: parts },
    { title: 'Validation', curves: shares },
    { title: 'Learning rate', curves: [learningRate] },
    { title: 'Gradient norm, before clipping', curves: [gradientNorm], isLog: true },
    { title: 'Time of a step, and of waiting for its batch, ms', curves: times },
  ]
    .map((chart) => ({ ...chart, curves: chart.curves.map((curve) => shown(curve, chart.isLog)) }))
    .filter(({ curves }) => curves.some(({ values }) => values.length > 0));
}

/** No logarithm is drawn of 0. */
function shown(curve: Curve, isLog = false): Curve {
  const { name, steps, values } = thinCurve(curve, points);
  if (!isLog) return { name, steps, values };
  return {
    name,
    steps: steps.filter((_, k) => values[k]! > 0),
    values: values.filter((value) => value > 0),
  };
}
