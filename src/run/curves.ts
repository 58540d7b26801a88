import type { Metrics } from './logs/metrics.js';
import type { MetricNames } from './metric-names.js';

/** Values over the steps of a run; both lists have the same length, steps ascend. */
export interface Curve {
  readonly name: string;
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

/** One validation of a run. */
export interface ValidationRecord {
  readonly step: number;
  readonly score: number;
  /** By name; null where there was nothing to measure. */
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly seconds: number | null;
}

/** The content of `metrics.jsonl`, by what it measures. */
export interface RunCurves {
  /** `loss`, then its parts in their order; only those that have values. */
  readonly losses: readonly Curve[];
  readonly learningRate: Curve;
  readonly gradientNorm: Curve;
  /** ms: `stepMs` and `dataMs`. */
  readonly times: readonly Curve[];
  readonly validations: readonly ValidationRecord[];
}

/** Sorts the records of a run into curves; values that are not numbers, such as NaN, are left out. */
export function curvesOf(
  records: readonly Metrics[],
  { lossNames }: Pick<MetricNames, 'lossNames'>,
): RunCurves {
  const steps = records.filter(({ kind }) => kind === 'train');
  return {
    losses: ['loss', ...lossNames]
      .map((name) => curveOf(steps, name))
      .filter(({ values }) => values.length > 0),
    learningRate: curveOf(steps, 'learningRate'),
    gradientNorm: curveOf(steps, 'gradientNorm'),
    times: [curveOf(steps, 'stepMs'), curveOf(steps, 'dataMs')],
    validations: records.filter(({ kind }) => kind === 'validation').flatMap(validationOf),
  };
}

function curveOf(records: readonly Metrics[], name: string): Curve {
  const known = records.filter((record) => typeof record[name] === 'number');
  return {
    name,
    steps: known.map(({ step }) => step),
    values: known.map((record) => record[name] as number),
  };
}

function validationOf({ step, kind, score, seconds, ...others }: Metrics): ValidationRecord[] {
  void kind;
  if (typeof score !== 'number') return [];
  const metrics = Object.entries(others).filter(
    (entry): entry is [string, number | null] => entry[1] === null || typeof entry[1] === 'number',
  );
  return [
    {
      step,
      score,
      metrics: Object.fromEntries(metrics),
      seconds: typeof seconds === 'number' ? seconds : null,
    },
  ];
}

/**
 * The metrics of a validation that count all nuclei, besides the score: those of a cluster or size class (`cluster-a/ap`)
 * and of a limited number of detections (`recall50@100`) are left out.
 */
export const overallMetrics = ({ metrics }: ValidationRecord): string[] =>
  Object.keys(metrics).filter((name) => name === 'twoStage/score' || !/[/@]|^score$/u.test(name));

/** A metric at each validation that has it; `score` is the score itself. */
export function validationCurve(validations: readonly ValidationRecord[], name: string): Curve {
  const value = ({ score, metrics }: ValidationRecord) => (name === 'score' ? score : metrics[name]);
  const known = validations.filter((one) => typeof value(one) === 'number');
  return { name, steps: known.map(({ step }) => step), values: known.map((one) => value(one) as number) };
}

/**
 * At most `count` points: groups of neighbouring points are replaced by the median of their values, which a single bad
 * batch does not move, at the last of their steps.
 */
export function thinCurve({ name, steps, values }: Curve, count: number): Curve {
  const size = Math.ceil(values.length / count);
  if (size <= 1) return { name, steps, values };
  const groups = Array.from({ length: Math.ceil(values.length / size) }, (_, k) => [
    k * size,
    (k + 1) * size,
  ]);
  return {
    name,
    steps: groups.map(([, end]) => steps[Math.min(end!, steps.length) - 1]!),
    values: groups.map(([start, end]) => median(values.slice(start, end))),
  };
}

/** The mean of the two middle values if their number is even. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
