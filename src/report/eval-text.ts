import type { EvalDocument, EvalTarget } from './eval-document.js';
import { formatCount, formatDifference, formatShare } from './numbers.js';
import { textTable } from './text-table.js';

/** Lines of the list of changed images in a terminal; the page and the JSON have more. */
const changedShown = 5;

/** What `nucleate eval` prints. */
export function evalText(document: EvalDocument): string {
  const { data, targets } = document;
  return [
    `data ${data.path}: ${data.kind}, ${formatCount(data.imageCount, 'image')}, ${formatCount(data.gtCount, 'nucleus', 'nuclei')}`,
    `sha256 ${data.sha256}`,
    ...overlapLines(document),
    ...targets.flatMap(({ bothEmptyCount }, index) =>
      bothEmptyCount === 0
        ? []
        : [`[${index + 1}]: ${formatCount(bothEmptyCount, 'image')} empty in truth and prediction, scored 1`],
    ),
    '',
    overview(document),
    '',
    thresholdTable(targets),
    ...clusterTable(targets),
    '',
    sizeTable(targets),
    ...targets.flatMap(changedTable),
  ].join('\n');
}

/** Targets are numbered: paths are long, and tables have a column each. */
const number = (index: number) => `[${index + 1}]`;

function overview({ targets, bootstrap }: EvalDocument): string {
  const compared = targets.length > 1;
  const header = ['', 'score', ...(compared ? ['to [1]', `${bootstrap.level * 100} % interval`] : [])];
  const rows = targets.map((target, index) => {
    const { score, perThreshold, aji, panopticQuality, meanMatchedIou, errors, comparison } = target;
    const { low, high } = comparison?.interval ?? {};
    return [
      `${number(index)} ${target.path}`,
      formatShare(score),
      ...(compared
        ? [
            comparison ? formatDifference(comparison.difference) : '',
            low === undefined || high === undefined
              ? ''
              : `${formatDifference(low)} .. ${formatDifference(high)}`,
          ]
        : []),
      formatShare(perThreshold[0]!.f1),
      formatShare(panopticQuality),
      formatShare(aji),
      formatShare(meanMatchedIou),
      ...[errors.missed, errors.extra, errors.merged, errors.split].map(String),
    ];
  });
  return textTable([
    [...header, 'F1 @0.5', 'PQ', 'AJI', 'IoU', 'missed', 'extra', 'merged', 'split'],
    ...rows,
  ]);
}

/** All columns for one target; for several only the score, or the table would not fit a terminal. */
function thresholdTable(targets: readonly EvalTarget[]): string {
  const alone = targets.length === 1;
  const header = [
    'IoU >',
    ...targets.map((_, index) => `${number(index)} score`),
    ...(alone ? ['precision', 'recall', 'F1'] : []),
  ];
  const rows = targets[0]!.thresholds.map((threshold, row) => {
    const { precision, recall, f1 } = targets[0]!.perThreshold[row]!;
    const scores = targets.map(({ perThreshold }) => perThreshold[row]!.score);
    return [threshold.toFixed(2), ...[...scores, ...(alone ? [precision, recall, f1] : [])].map(formatShare)];
  });
  return textTable([header, ...rows]);
}

function clusterTable(targets: readonly EvalTarget[]): string[] {
  const [first] = targets;
  if (first!.clusters.length === 0) return [];
  const header = ['cluster', 'images', 'nuclei', ...targets.map((_, index) => `${number(index)} score`)];
  const rows = first!.clusters.map(({ cluster, imageCount, gtCount }, row) => [
    cluster,
    String(imageCount),
    String(gtCount),
    ...targets.map(({ clusters }) => formatShare(clusters[row]!.score)),
  ]);
  return ['', textTable([header, ...rows])];
}

function sizeTable(targets: readonly EvalTarget[]): string {
  const alone = targets.length === 1;
  const header = [
    'size',
    'nuclei',
    ...targets.map((_, index) => `${number(index)} recall @0.5`),
    ...(alone ? ['missed', 'extra', 'merged', 'split'] : []),
  ];
  const rows = targets[0]!.sizeClasses.map(({ name, minArea, maxArea, gtCount, errors }, row) => [
    `${name} (${maxArea === null ? `from ${minArea}` : `${minArea}-${maxArea - 1}`} px)`,
    String(gtCount),
    ...targets.map(({ sizeClasses }) => formatShare(sizeClasses[row]!.perThreshold[0]!.recall)),
    ...(alone ? [errors.missed, errors.extra, errors.merged, errors.split].map(String) : []),
  ]);
  return textTable([header, ...rows]);
}

function changedTable({ comparison }: EvalTarget, index: number): string[] {
  if (comparison === null || comparison.mostChanged.length === 0) return [];
  const { better, worse, equal, mostChanged } = comparison;
  const header = [
    `most changed, ${better} better, ${worse} worse, ${equal} equal`,
    '[1]',
    number(index),
    'change',
  ];
  const rows = mostChanged
    .slice(0, changedShown)
    .map(({ id, before, after, difference }) => [
      id,
      formatShare(before),
      formatShare(after),
      formatDifference(difference),
    ]);
  return ['', textTable([header, ...rows])];
}

function overlapLines({ data, targets }: EvalDocument): string[] {
  const line = (name: string, { images, pixels, pixelless }: EvalTarget['overlaps'], fate: string) =>
    images === 0
      ? []
      : [
          `${name}: objects overlap in ${formatCount(images, 'image')}; ${formatCount(pixels, 'pixel')} stay with the ` +
            `earlier object${pixelless > 0 ? `, ${formatCount(pixelless, 'object')} without a pixel ${fate}` : ''}`,
        ];
  return [
    ...line('data', data.overlaps, 'left out'),
    ...targets.flatMap(({ overlaps }, index) => line(number(index), overlaps, 'counted as extra')),
  ];
}
