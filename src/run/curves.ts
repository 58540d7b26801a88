import type { Metrics } from './logs/metrics.js';

/** Values over the steps of a run; both lists are equally long, steps ascend. */
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

/** What `metrics.jsonl` tells of a run. */
export interface RunCurves {
  /** `loss`, then its parts in their order. */
  readonly losses: readonly Curve[];
  readonly learningRate: Curve;
  readonly gradientNorm: Curve;
  /** ms: `stepMs` and `dataMs`. */
  readonly times: readonly Curve[];
  readonly validations: readonly ValidationRecord[];
}

/** The names of the figures of all nuclei, besides the score: neither of a part of them nor of so many detections. */
export const overallMetrics = ({ metrics }: ValidationRecord): string[] =>
  Object.keys(metrics).filter((name) => !/[/@]/u.test(name) && name !== 'score');

/** Fields of a training step that are no loss; `memoryMiB`, `lossScale` and `omittedBoxes` are not in every run. */
const noLosses = [
  ...['step', 'kind', 'gradientNorm', 'learningRate', 'epoch'],
  ...['stepMs', 'dataMs', 'memoryMiB', 'lossScale', 'omittedBoxes'],
];

/** Sorts the records of a run into curves; values that are no numbers are left out. */
export function curvesOf(records: readonly Metrics[]): RunCurves {
  const steps = records.filter(({ kind }) => kind === 'train');
  const names = Object.keys(steps.at(-1) ?? {}).filter((name) => !noLosses.includes(name));
  return {
    losses: names.map((name) => curveOf(steps, name)),
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

function validationOf({ step, kind, score, seconds, ...figures }: Metrics): ValidationRecord[] {
  void kind;
  if (typeof score !== 'number') return [];
  const metrics = Object.entries(figures).filter(
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

/** A figure of each validation that has it. */
export function validationCurve(validations: readonly ValidationRecord[], name: string): Curve {
  const value = ({ score, metrics }: ValidationRecord) => (name === 'score' ? score : metrics[name]);
  const known = validations.filter((one) => typeof value(one) === 'number');
  return { name, steps: known.map(({ step }) => step), values: known.map((one) => value(one) as number) };
}

/**
 * At most `count` points: neighbouring ones are replaced by the median of their values, which a single bad batch does
 * not move, at the last of their steps.
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

/** Of an even number the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
