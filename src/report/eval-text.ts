import type { EvalDocument, EvalTarget } from './eval-document.js';
import { formatCount, formatDifference, formatFraction } from './numbers.js';
import { textTable } from './text-table.js';
import { weakerStage } from './weaker-stage.js';

/** Lines of the list of changed images in a terminal; the page and the JSON have more. */
const changedShown = 5;

/** What `nucleate eval` prints. */
export function evalText(document: EvalDocument): string {
  const { data, targets } = document;
  return [
    `data ${data.path}: ${data.kind}, ${formatCount(data.imageCount, 'image')}, ${formatCount(data.gtCount, 'nucleus', 'nuclei')}`,
    `sha256 ${data.sha256}`,
    ...splitLine(document),
    ...overlapLines(document),
    ...unreviewedLines(document),
    ...targets.map(({ kind }, index) => `${number(index)}: ${kind}`),
    ...targets.flatMap(({ bothEmptyCount }, index) =>
      bothEmptyCount === 0
        ? []
        : [`[${index + 1}]: ${formatCount(bothEmptyCount, 'image')} empty in truth and prediction, scored 1`],
    ),
    '',
    overview(document),
    ...intervalNote(document),
    '',
    thresholdTable(targets),
    ...clusterTable(targets),
    '',
    sizeTable(targets),
    ...boxTable(targets),
    ...stageTable(targets),
    ...targets.flatMap(changedTable),
  ].join('\n');
}

function splitLine({ data: { split } }: EvalDocument): string[] {
  if (split === null) return [];
  return [`split ${split.path}${split.fold === null ? '' : `, images of fold ${split.fold} only`}`];
}

function unreviewedLines({ targets }: EvalDocument): string[] {
  return targets.flatMap(({ images }, index) => {
    const dropped = images.flatMap((image) => image.dropped ?? []);
    if (dropped.length === 0) return [];
    const sum = (key: 'gtCount' | 'predCount') => dropped.reduce((total, counts) => total + counts[key], 0);
    return [
      `${number(index)}: ${formatCount(dropped.length, 'image')} with pixels that no expert has reviewed; ` +
        `${formatCount(sum('predCount'), 'prediction')} and ` +
        `${formatCount(sum('gtCount'), 'nucleus', 'nuclei')} mostly there do not count`,
    ];
  });
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
      formatFraction(score),
      ...(compared
        ? [
            comparison ? formatDifference(comparison.difference) : '',
            low === undefined || high === undefined
              ? ''
              : `${formatDifference(low)} .. ${formatDifference(high)}`,
          ]
        : []),
      formatFraction(perThreshold[0]!.f1),
      formatFraction(panopticQuality),
      formatFraction(aji),
      formatFraction(meanMatchedIou),
      ...[errors.missed, errors.extra, errors.merged, errors.split].map(String),
    ];
  });
  return textTable([
    [...header, 'F1 @0.5', 'PQ', 'AJI', 'IoU', 'missed', 'extra', 'merged', 'split'],
    ...rows,
  ]);
}

function intervalNote({ targets, bootstrap: { unit, units, resamples } }: EvalDocument): string[] {
  if (targets.length === 1) return [];
  const drawn =
    unit === 'group'
      ? `${units} groups of images that belong together (crops of one field)`
      : `${units} images, as if none belonged together`;
  return [`interval: paired bootstrap, ${resamples} times over ${drawn}`];
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
    return [threshold.toFixed(2), ...[...scores, ...(alone ? [precision, recall, f1] : [])].map(formatFraction)];
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
    ...targets.map(({ clusters }) => formatFraction(clusters[row]!.score)),
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
    ...targets.map(({ sizeClasses }) => formatFraction(sizeClasses[row]!.perThreshold[0]!.recall)),
    ...(alone ? [errors.missed, errors.extra, errors.merged, errors.split].map(String) : []),
  ]);
  return textTable([header, ...rows]);
}

/** Boxes of the targets that have scores. */
function boxTable(targets: readonly EvalTarget[]): string[] {
  const rows = targets.flatMap(({ boxes }, index) =>
    boxes === null
      ? []
      : [
          [
            number(index),
            ...[boxes.ap, boxes.ap50, boxes.ap75].map(formatFraction),
            ...boxes.recall.map(({ atIou50 }) => formatFraction(atIou50)),
          ],
        ],
  );
  if (rows.length === 0) return [];
  const caps = targets.find(({ boxes }) => boxes !== null)!.boxes!.recall;
  const recalls = caps.map(({ maxDetections }) => `recall @0.5 of ${maxDetections}`);
  return ['', textTable([['boxes', 'AP', 'AP @0.5', 'AP @0.75', ...recalls], ...rows])];
}

/** By cluster, too, for a single target. */
function stageTable(targets: readonly EvalTarget[]): string[] {
  const rows = targets.flatMap((target, index) => {
    const { ablation, score, clusters } = target;
    if (ablation === null) return [];
    const parts = targets.length > 1 ? [] : ablation.clusters;
    return [
      stageRow(`${number(index)} ${target.path}`, ablation, score),
      ...parts.map((part, row) => stageRow(`    ${part.cluster}`, part, clusters[row]!.score)),
    ];
  });
  if (rows.length === 0) return [];
  const header = ['stages', 'box recall @0.5', 'mask IoU', 'score', 'true boxes', 'true masks'];
  return [
    '',
    textTable([header, ...rows]),
    ...targets.flatMap((target, index) => {
      const verdict = weakerStage(target);
      return verdict === null ? [] : [`${number(index)}: ${verdict}`];
    }),
  ];
}

function stageRow(
  name: string,
  ablation: Omit<NonNullable<EvalTarget['ablation']>, 'clusters'>,
  score: number,
) {
  const { boxRecall, maskIou, trueBoxes, trueMasks } = ablation;
  return [name, ...[boxRecall, maskIou, score, trueBoxes, trueMasks].map(formatFraction)];
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
      formatFraction(before),
      formatFraction(after),
      formatDifference(difference),
    ]);
  return ['', textTable([header, ...rows])];
}

function overlapLines({ data, targets }: EvalDocument): string[] {
  const line = (name: string, { images, pixels, withoutPixels }: EvalTarget['overlaps'], fate: string) =>
    images === 0
      ? []
      : [
          `${name}: objects overlap in ${formatCount(images, 'image')}; ${formatCount(pixels, 'pixel')} stay with the ` +
            `earlier object${withoutPixels > 0 ? `, ${formatCount(withoutPixels, 'object')} without a pixel ${fate}` : ''}`,
        ];
  return [
    ...line('data', data.overlaps, 'left out'),
    ...targets.flatMap(({ overlaps }, index) => line(number(index), overlaps, 'counted as extra')),
  ];
}
