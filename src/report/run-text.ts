import path from 'node:path';
import type { MetricPair, RunComparison, RunDifference } from '../run/compare-runs.js';
import {
  type Curve,
  overallMetrics,
  thinCurve,
  validationCurve,
  type ValidationRecord,
} from '../run/curves.js';
import { valueOfKey } from '../run/dotted-keys.js';
import { metricLabel, type MetricNames } from '../run/metric-names.js';
import type { RunCheckpoint, RunDocument } from '../run/run-document.js';
import type { RunSummary } from '../run/run-summary.js';
import { braillePlot, digits, type PlotSize, sparkline } from './braille-plot.js';
import { formatCount, formatDifference, formatFraction } from './numbers.js';
import { textTable } from './text-table.js';

/** Lines of a curve. */
const plotRows = 8;

/** Characters of a curve in one line. */
const sparkColumns = 40;

/** The settings of a config that say most about a run. */
const headlines = [
  ...['data.path', 'data.split', 'data.validationFold', 'seed', 'precision', 'model.kind'],
  ...['loader.batchSize', 'loader.cropSize', 'optimizer.kind', 'optimizer.emaDecay'],
  ...['schedule.kind', 'schedule.learningRate', 'budget.steps', 'budget.minutes'],
];

/** A line for each run. */
export function runsText(runs: readonly RunSummary[], folder: string): string {
  if (runs.length === 0) return `The folder \`${folder}\` holds no runs.`;
  const rows = runs.map((run) => [
    ...[path.relative(folder, run.folder) || run.folder, run.task ?? '-', run.state],
    ...[run.steps > 0 ? `${run.step}/${run.steps}` : `${run.step}`, scoreText(run)],
    ...[run.data === null ? '-' : path.basename(run.data), durationText(run.seconds), bytesText(run.bytes)],
  ]);
  return textTable([['run', 'task', 'state', 'step', 'best', 'data', 'time', 'size'], ...rows]);
}

/** `box AP 0.5123`. */
const scoreText = ({ best, scoreName }: RunSummary) =>
  best ? `${scoreName} ${formatFraction(best.score)}` : '-';

/** `box AP 0.5123 at step 200`. */
export const bestText = (run: RunSummary) =>
  run.best ? `${scoreText(run)} at step ${run.best.step}` : 'not validated yet';

/**
 * All about a run: its state, settings, checkpoints, curves and files.
 *
 * @param columns Characters of a line.
 */
export function runText(
  { summary, config, environment, checkpoints, names, curves, damagedLines }: RunDocument,
  files: Readonly<Record<string, string>>,
  columns: number,
): string {
  const size = { columns, rows: plotRows };
  const [loss, ...parts] = curves.losses;
  const score = validationCurve(curves.validations, 'score');
  const blocks = [
    factsOf(summary, environment),
    ['config', ...headlines.flatMap((key) => headline(config, key))],
    [
      'checkpoints',
      ...checkpoints.map((one) => checkpointText(one, names)),
      ...(checkpoints.length === 0 ? ['  none'] : []),
    ],
    loss ? lossPlot(loss, size) : ['loss: nothing yet'],
    parts.length === 0 ? [] : [partsTable(parts.map((part) => thinCurve(part, sparkColumns)))],
    braillePlot({ ...score, name: `validation: ${names.scoreName}` }, size),
    curves.validations.length === 0 ? [] : [validationsTable(curves.validations, names)],
    ['files', ...Object.entries(files).map(([name, file]) => `  ${name.padEnd(15)} ${file}`)],
    damagedLines > 0 ? [`${formatCount(damagedLines, 'line')} of metrics.jsonl cannot be read`] : [],
  ];
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n');
}

/** Losses fall fast at first: on a logarithmic scale the rest is visible as well. */
function lossPlot(loss: Curve, size: PlotSize): string[] {
  const thin = thinCurve(loss, 2 * size.columns);
  const isLog = thin.values.every((value) => value > 0);
  return braillePlot({ ...thin, name: isLog ? 'loss, logarithmic' : 'loss' }, { ...size, isLog });
}

function factsOf(summary: RunSummary, environment: Readonly<Record<string, unknown>>): string[] {
  const { folder, task, state, message, step, steps, seconds, started, updated, bytes } = summary;
  const machine = (names: readonly string[]) =>
    names.flatMap((name) => (name in environment ? [`${name} ${plain(environment[name])}`] : [])).join(', ');
  return [
    folder,
    `${task ?? 'unknown task'}, ${state}${message === null ? '' : `: ${message}`}`,
    `step ${step}${steps > 0 ? ` of ${steps}` : ''}, best ${bestText(summary)}, ` +
      `${durationText(seconds)} trained, ${bytesText(bytes)}`,
    `started ${started ?? '-'}, last update ${updated ?? '-'}`,
    machine(['device', 'threads', 'processor']),
    machine(['nucleate', 'tensorflow', 'node']),
  ];
}

function headline(config: Readonly<Record<string, unknown>>, key: string): string[] {
  const value = valueOfKey(config, key);
  return value === undefined ? [] : [`  ${key.padEnd(24)} ${plain(value)}`];
}

const plain = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

function checkpointText(
  { step, score, bytes, isLatest, isBest, state, problem }: RunCheckpoint,
  { scoreName }: MetricNames,
): string {
  const names = [isLatest ? 'latest' : '', isBest ? 'best' : ''].filter(Boolean).join(', ');
  const facts = [
    `  step ${String(step).padEnd(9)} ${state.padEnd(8)} ${bytesText(bytes).padStart(8)}`,
    score === null ? '' : `${scoreName} ${formatFraction(score)}`,
    names,
    problem ?? '',
  ];
  return facts.filter(Boolean).join('  ');
}

function partsTable(parts: readonly { name: string; values: readonly number[] }[]): string {
  const width = Math.max(...parts.map(({ name }) => name.length));
  const ends = parts.map(({ values }) => [digits(values[0] ?? 0), digits(values.at(-1) ?? 0)] as const);
  const endWidth = Math.max(...ends.map(([first]) => first.length));
  return parts
    .map(({ name, values }, index) => {
      const [first, last] = ends[index]!;
      return `  ${name.padEnd(width)}  ${first.padStart(endWidth)} ${sparkline(values)} ${last}`;
    })
    .join('\n');
}

/** The newest validations are listed, with as many metrics as fit a line. */
const [mostValidations, mostMetrics] = [10, 4];

function validationsTable(validations: readonly ValidationRecord[], { scoreName }: MetricNames): string {
  const names = overallMetrics(validations.at(-1)!).slice(0, mostMetrics);
  const rows = validations
    .slice(-mostValidations)
    .map(({ step, score, metrics }) => [
      `  step ${step}`,
      ...[score, ...names.map((name) => metrics[name] ?? null)].map(formatMetric),
    ]);
  return textTable([['', scoreName, ...names.map((name) => metricLabel(name, scoreName))], ...rows]);
}

/** How two runs differ: settings, environment, and the metrics of their best validations. */
export function comparisonText({ runs, config, environment, steps, metrics }: RunComparison): string {
  const shown = metrics.filter(({ name }) => isHeadline(name));
  const hidden = metrics.length - shown.length;
  return [
    runs
      .map(({ folder, state, step }, index) => `[${index + 1}] ${folder}, ${state}, step ${step}`)
      .join('\n'),
    section('config', config),
    section('environment', environment),
    steps.every((step) => step === null)
      ? 'metrics: neither run has been validated'
      : [
          `metrics of the best validation, at step ${steps.map((step) => step ?? '-').join(' and ')}`,
          textTable([['', '[1]', '[2]', 'difference'], ...shown.map((pair) => metricRow(pair, runs))]),
          ...(hidden > 0 ? [`  and ${hidden} more: see --json`] : []),
        ].join('\n'),
  ].join('\n\n');
}

/** Metrics of all nuclei, and the main ones of each cluster and size class. */
const isHeadline = (name: string) =>
  !name.includes('@') && (!name.includes('/') || /\/(?:score|ap|recall50|meanIou)$/u.test(name));

function section(title: string, differences: readonly RunDifference[]): string {
  if (differences.length === 0) return `${title}: the same`;
  const lines = differences.flatMap(({ key, values }) => [
    `  ${key}`,
    ...values.map((value, index) => `    [${index + 1}] ${value}`),
  ]);
  return [title, ...lines].join('\n');
}

function metricRow({ name, values, difference }: MetricPair, runs: RunComparison['runs']): string[] {
  const measured = runs.filter((_, index) => values[index] !== null);
  const scoreNames = new Set((measured.length > 0 ? measured : runs).map(({ scoreName }) => scoreName));
  return [
    `  ${metricLabel(name, [...scoreNames].join(' / '))}`,
    ...values.map(formatMetric),
    difference === null
      ? '-'
      : Math.abs(difference) < 1e3
        ? formatDifference(difference)
        : String(difference),
  ];
}

/** A fraction with four digits, a count as it is. */
export const formatMetric = (value: number | null) =>
  value === null ? '-' : Number.isInteger(value) && value !== 1 ? String(value) : formatFraction(value);

/** `1:05 h`, `12.3 min`, `7 s`. */
export function durationText(seconds: number | null): string {
  if (seconds === null) return '-';
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60
    ? `${(seconds / 60).toFixed(1)} min`
    : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')} h`;
}

/** `1.23 GB`, `45 MB`, `6 kB`. */
export function bytesText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  return bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.round(bytes / 1e3)} kB`;
}
