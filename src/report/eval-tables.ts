import type { EvalDocument, EvalTarget } from './eval-document.js';
import { html, type Html } from './html.js';
import { headedTable, type Row } from './html-tables.js';
import { formatDifference, formatFraction } from './numbers.js';
import { weakerStage } from './weaker-stage.js';

/** One row a target. */
export function targetTable({ targets, bootstrap }: EvalDocument): Html {
  const rows = targets.map(
    (
      { path, kind, score, perThreshold, panopticQuality, aji, meanMatchedIou, errors, comparison },
      index,
    ): Row => {
      const shares = [perThreshold[0]!.f1, perThreshold[4]!.recall, panopticQuality, aji, meanMatchedIou];
      const counts = [errors.missed, errors.extra, errors.merged, errors.split];
      const interval = comparison
        ? `${formatDifference(comparison.interval.low)} … ${formatDifference(comparison.interval.high)}`
        : '';
      return [
        html`[${index + 1}] ${path}<small>${kind}</small>`,
        html`<strong>${formatFraction(score)}</strong>`,
        comparison ? formatDifference(comparison.difference) : '',
        interval,
        ...shares.map(formatFraction),
        ...counts,
      ];
    },
  );
  return headedTable(
    [
      ...['target', 'score', 'to [1]', `${bootstrap.level * 100} % interval`],
      ...['F1 @0.5', 'recall @0.7', 'PQ', 'AJI', 'IoU', 'missed', 'extra', 'merged', 'split'],
    ],
    rows,
  );
}

/** Boxes of the targets that have scores; nothing where none has. */
export function boxTable({ targets }: EvalDocument): Html {
  const rows = targets.flatMap(({ path, boxes }, index): Row[] => {
    if (boxes === null) return [];
    const shares = [boxes.ap, boxes.ap50, boxes.ap75, ...boxes.recall.map(({ atIou50 }) => atIou50)];
    return [[`[${index + 1}] ${path}`, ...shares.map(formatFraction)]];
  });
  const [first] = targets.flatMap(({ boxes }) => boxes ?? []);
  if (first === undefined) return html``;
  const recalls = first.recall.map(({ maxDetections }) => `recall @0.5 of ${maxDetections}`);
  return headedTable(['boxes, as COCO counts', 'box AP', 'AP @0.5', 'AP @0.75', ...recalls], rows);
}

/** The stages of the targets whose ablation was asked for; nothing where none was. */
export function stageTable({ targets }: EvalDocument): Html {
  const rows = targets.flatMap((target, index) => {
    const { ablation, score, path, clusters } = target;
    if (ablation === null) return [];
    const row = (name: Html, figures: Omit<typeof ablation, 'clusters'>, score: number): Row => {
      const { boxRecall, maskIou, trueBoxes, trueMasks } = figures;
      return [name, ...[boxRecall, maskIou, score, trueBoxes, trueMasks].map(formatFraction)];
    };
    return [
      row(html`[${index + 1}] ${path}<small>${weakerStage(target) ?? ''}</small>`, ablation, score),
      ...ablation.clusters.map((part, cluster) =>
        row(html`[${index + 1}] cluster ${part.cluster}`, part, clusters[cluster]!.score),
      ),
    ];
  });
  if (rows.length === 0) return html``;
  const headings = [
    'stages',
    'box recall @0.5',
    'mask IoU in true boxes',
    'score',
    'true boxes, our masks',
    'our boxes, true masks',
  ];
  return html`<h2>Which stage is at fault</h2>
    <p class="note">
      Box recall counts the detections that the model goes on with. With the true boxes the segmenter works as
      behind a perfect detector; with true masks every box that hits a nucleus at IoU 0.5 or more gets its
      true mask, and every other box is an extra nucleus.
    </p>
    ${headedTable(headings, rows)}`;
}

/** One row an image, to be sorted by any column; numbers carry their whole value for it. */
export function imageTable({ targets }: EvalDocument): Html {
  const [first, ...others] = targets;
  const headings = [
    'image',
    'cluster',
    'nuclei',
    ...targets.map((_, index) => `[${index + 1}] score`),
    ...others.map((_, index) => `change to [${index + 2}]`),
    ...targets.flatMap((_, index) =>
      ['missed', 'extra', 'merged', 'split'].map((name) => `[${index + 1}] ${name}`),
    ),
  ];
  const rows = first!.images.map(({ id, cluster, gtCount, score }, row): Row => {
    const images = targets.map((target: EvalTarget) => target.images[row]!);
    const changes = images.slice(1).map((image) => image.score - score);
    const errors = images.flatMap(({ errors }) => [errors.missed, errors.extra, errors.merged, errors.split]);
    return [
      id,
      cluster ?? '',
      { value: gtCount, text: String(gtCount) },
      ...images.map(({ score: value }) => ({ value, text: formatFraction(value) })),
      ...changes.map((value) => ({ value, text: formatDifference(value) })),
      ...errors.map((value) => ({ value, text: String(value) })),
    ];
  });
  return html`<div class="scroll">${headedTable(headings, rows, { sortable: true })}</div>`;
}
