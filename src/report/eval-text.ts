import {
  boxColumns,
  cellTexts,
  countTerms,
  errorColumns,
  overviewColumns,
  scoreColumn,
  thresholdColumns,
  type Column,
} from './eval-columns.js';
import type { EvalDocument, EvalTarget } from './eval-schema.js';
import { stageColumns, weakerStage } from './eval-stages.js';
import { formatCount, formatDifference, formatFraction, intervalText } from './numbers.js';
import { textTable } from './text-table.js';

/** Lines of the list of changed images in a terminal; the page and the JSON have more. */
const changedShown = 5;

/** A table, and the columns that are explained below all tables. */
interface Section {
  readonly lines: readonly string[];
  readonly columns?: readonly Pick<Column<never>, 'heading' | 'description'>[];
}

/** What `nucleate eval` prints. */
export function evalText(document: EvalDocument): string {
  const { targets } = document;
  const sections = [
    { lines: facts(document) },
    overview(document),
    thresholdTable(targets),
    clusterTable(targets),
    sizeTable(targets),
    boxTable(targets),
    stageTable(targets),
    ...targets.map(changedTable),
  ].filter(({ lines }) => lines.length > 0);
  return [...sections, { lines: explanations(sections) }].map(({ lines }) => lines.join('\n')).join('\n\n');
}

/** What was scored, line by line. */
function facts({ data, targets }: EvalDocument): string[] {
  const { path, kind, imageCount, gtCount, sha256, split } = data;
  const nuclei = formatCount(gtCount, 'nucleus', 'nuclei');
  return [
    `data ${path}: ${kind}, ${formatCount(imageCount, 'image')}, ${nuclei}`,
    `sha256 ${sha256}`,
    ...(split === null
      ? []
      : [`split ${split.path}${split.fold === null ? '' : `, only images of fold ${split.fold}`}`]),
    ...overlapLines('data', data.overlaps, 'left out'),
    ...leftOutLines('data', data.leftOut),
    ...targets.flatMap(({ overlaps }, index) => overlapLines(number(index), overlaps, 'counted as extra')),
    ...targets.flatMap(({ leftOut }, index) => leftOutLines(number(index), leftOut)),
    ...targets.flatMap(unreviewedLines),
    ...targets.map((target, index) => `${number(index)}: ${target.kind}`),
    ...targets.flatMap(({ bothEmptyCount }, index) =>
      bothEmptyCount === 0
        ? []
        : [
            `${number(index)}: ${formatCount(bothEmptyCount, 'image')} empty in truth and prediction, scored 1`,
          ],
    ),
  ];
}

function overlapLines(
  name: string,
  { images, pixels, withoutPixels }: EvalTarget['overlaps'],
  fate: string,
): string[] {
  if (images === 0) return [];
  const lost =
    withoutPixels === 0 ? '' : `, ${formatCount(withoutPixels, 'object')} left without a pixel ${fate}`;
  return [
    `${name}: objects overlap in ${formatCount(images, 'image')}; ` +
      `${formatCount(pixels, 'pixel')} given to the earlier object${lost}`,
  ];
}

function leftOutLines(name: string, leftOut: EvalTarget['leftOut']): string[] {
  if (leftOut.length === 0) return [];
  return [`${name}: left out: ${leftOut.map(({ what, count }) => `${what} (${count})`).join(', ')}`];
}

function unreviewedLines({ images }: EvalTarget, index: number): string[] {
  const dropped = images.flatMap((image) => image.dropped ?? []);
  if (dropped.length === 0) return [];
  const sum = (key: 'gtCount' | 'predCount') => dropped.reduce((total, counts) => total + counts[key], 0);
  return [
    `${number(index)}: ${formatCount(dropped.length, 'image')} with pixels that no expert has reviewed; ` +
      `${formatCount(sum('predCount'), 'prediction')} and ` +
      `${formatCount(sum('gtCount'), 'nucleus', 'nuclei')} mostly in such pixels do not count`,
  ];
}

/** Targets are numbered: paths are long, and tables have a column each. */
const number = (index: number) => `[${index + 1}]`;

function overview(document: EvalDocument): Section {
  const { targets, bootstrap } = document;
  const isComparison = targets.length > 1;
  const comparisonHeadings = isComparison ? ['change from [1]', `${bootstrap.level * 100} % interval`] : [];
  const header = ['', scoreColumn.heading, ...comparisonHeadings, ...headings(overviewColumns)];
  const rows = targets.map((target, index) => [
    `${number(index)} ${target.path}`,
    ...cellTexts([scoreColumn], target),
    ...(isComparison ? comparisonCells(target, bootstrap) : []),
    ...cellTexts(overviewColumns, target),
  ]);
  return {
    lines: [textTable([header, ...rows]), ...(isComparison ? [intervalNote(document)] : [])],
    columns: [scoreColumn, countTerms, ...overviewColumns],
  };
}

function comparisonCells({ comparison }: EvalTarget, bootstrap: EvalDocument['bootstrap']): string[] {
  if (comparison === null) return ['', ''];
  const { difference, interval } = comparison;
  return [formatDifference(difference), intervalText(interval, bootstrap, ' .. ')];
}

function intervalNote({ bootstrap: { unit, units, resamples } }: EvalDocument): string {
  if (units < 2) return 'interval of the change: none, since there is only one image or group of images';
  const drawn =
    unit === 'group'
      ? `${formatCount(units, 'group')} of images that belong together (crops of one field)`
      : `${formatCount(units, 'image')}, taken as independent`;
  return `interval of the change: paired bootstrap, ${resamples} resamples of ${drawn}`;
}

/** All columns for one target; only the score for several, or the table would not fit a terminal. */
function thresholdTable(targets: readonly EvalTarget[]): Section {
  const [only] = targets.length === 1 ? targets : [];
  const columns = only ? thresholdColumns : [];
  const header = ['IoU above', ...numbered(targets, 'score'), ...headings(columns)];
  const rows = targets[0]!.thresholds.map((threshold, row) => [
    threshold.toFixed(2),
    ...targets.map(({ perThreshold }) => formatFraction(perThreshold[row]!.score)),
    ...(only ? cellTexts(columns, only.perThreshold[row]!) : []),
  ]);
  return { lines: [textTable([header, ...rows])], columns };
}

function clusterTable(targets: readonly EvalTarget[]): Section {
  const { clusters } = targets[0]!;
  if (clusters.length === 0) return { lines: [] };
  const header = ['cluster', 'images', 'nuclei', ...numbered(targets, 'score')];
  const rows = clusters.map(({ cluster, imageCount, gtCount }, row) => [
    ...[cluster, String(imageCount), String(gtCount)],
    ...targets.map((target) => formatFraction(target.clusters[row]!.score)),
  ]);
  return { lines: [textTable([header, ...rows])] };
}

function sizeTable(targets: readonly EvalTarget[]): Section {
  const columns = targets.length === 1 ? errorColumns : [];
  const header = ['size', 'nuclei', ...numbered(targets, 'recall @0.5'), ...headings(columns)];
  const rows = targets[0]!.sizeClasses.map((sizeClass, row) => [
    ...[sizeText(sizeClass), String(sizeClass.gtCount)],
    ...targets.map(({ sizeClasses }) => formatFraction(sizeClasses[row]!.perThreshold[0]!.recall)),
    ...cellTexts(columns, sizeClass),
  ]);
  return { lines: [textTable([header, ...rows])] };
}

function sizeText({ name, minArea, maxArea }: EvalTarget['sizeClasses'][number]): string {
  return `${name} (${maxArea === null ? `from ${minArea}` : `${minArea}-${maxArea - 1}`} px)`;
}

/** Boxes of the targets that have scores. */
function boxTable(targets: readonly EvalTarget[]): Section {
  const [first] = targets.flatMap(({ boxes }) => boxes ?? []);
  if (first === undefined) return { lines: [] };
  const columns = boxColumns(first);
  const rows = targets.flatMap(({ boxes }, index) =>
    boxes === null ? [] : [[number(index), ...cellTexts(columns, boxes)]],
  );
  return { lines: [textTable([['boxes', ...headings(columns)], ...rows])], columns };
}

/** By cluster, too, for a single target. */
function stageTable(targets: readonly EvalTarget[]): Section {
  const rows = targets.flatMap((target, index) => {
    const { ablation, score, clusters } = target;
    if (ablation === null) return [];
    const parts = targets.length > 1 ? [] : ablation.clusters;
    return [
      [`${number(index)} ${target.path}`, ...cellTexts(stageColumns, { ...ablation, score })],
      ...parts.map((part, row) => [
        `    ${part.cluster}`,
        ...cellTexts(stageColumns, { ...part, score: clusters[row]!.score }),
      ]),
    ];
  });
  if (rows.length === 0) return { lines: [] };
  const verdicts = targets.flatMap((target, index) => {
    const verdict = weakerStage(target);
    return verdict === null ? [] : [`${number(index)}: ${verdict}`];
  });
  const table = textTable([['stages', ...headings(stageColumns)], ...rows]);
  return { lines: [table, ...verdicts], columns: stageColumns };
}

function changedTable({ comparison }: EvalTarget, index: number): Section {
  if (comparison === null || comparison.mostChanged.length === 0) return { lines: [] };
  const { better, worse, equal, mostChanged } = comparison;
  const header = [
    `most changed images (${better} better, ${worse} worse, ${equal} equal)`,
    ...['[1] score', `${number(index)} score`, 'change'],
  ];
  const rows = mostChanged
    .slice(0, changedShown)
    .map(({ id, before, after, difference }) => [
      ...[id, formatFraction(before), formatFraction(after), formatDifference(difference)],
    ]);
  return { lines: [textTable([header, ...rows])] };
}

/** A line for each column, once. */
function explanations(sections: readonly Section[]): string[] {
  const columns = new Map<string, string>();
  for (const { heading, description } of sections.flatMap(({ columns: shown = [] }) => shown)) {
    if (!columns.has(heading)) columns.set(heading, description);
  }
  const width = Math.max(...[...columns.keys()].map((heading) => heading.length));
  return [...columns].map(([heading, description]) => `${heading.padEnd(width)}  ${description}`);
}

const headings = (columns: readonly { readonly heading: string }[]) => columns.map(({ heading }) => heading);

const numbered = (targets: readonly unknown[], heading: string) =>
  targets.map((_, index) => `${number(index)} ${heading}`);
