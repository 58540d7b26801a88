import {
  boxColumns,
  cellTexts,
  countTerms,
  errorColumns,
  metricColumns,
  overviewColumns,
  scoreColumn,
  type Column,
} from './eval-columns.js';
import type { EvalDocument, EvalTarget } from './eval-schema.js';
import { stageColumns, weakerStage } from './eval-stages.js';
import { html, type Html } from './html.js';
import { headedTable, type Row } from './html-tables.js';
import { formatDifference, intervalText } from './numbers.js';

/** One row for each target. */
export function targetTable({ targets, bootstrap }: EvalDocument): Html {
  const isComparison = targets.length > 1;
  const rows = targets.map((target, index): Row => {
    const { path, kind, comparison } = target;
    const interval = comparison ? intervalText(comparison.interval, bootstrap, '\u00a0…\u00a0') : '';
    return [
      html`[${index + 1}] ${path}<small>${kind}</small>`,
      html`<strong>${scoreColumn.format(target.score)}</strong>`,
      ...(isComparison ? [comparison ? formatDifference(comparison.difference) : '', interval] : []),
      ...cellTexts(overviewColumns, target),
    ];
  });
  return headedTable(
    [
      ...['target', scoreColumn.heading],
      ...(isComparison ? ['change from [1]', `${bootstrap.level * 100} % interval`] : []),
      ...overviewColumns.map(({ heading }) => heading),
    ],
    rows,
  );
}

/** What the columns of {@link targetTable} are. */
export function columnNotes(): Html {
  return explained([scoreColumn, countTerms, ...overviewColumns]);
}

const explained = (columns: readonly Pick<Column<never>, 'heading' | 'description'>[]): Html =>
  html`<dl class="note">
    ${columns.map(
      ({ heading, description }) =>
        html`<dt>${heading}</dt>
          <dd>${description}</dd>`,
    )}
  </dl>`;

/** Boxes of the targets that have scores; nothing where none has. */
export function boxTable({ targets }: EvalDocument): Html {
  const [first] = targets.flatMap(({ boxes }) => boxes ?? []);
  if (first === undefined) return html``;
  const columns = boxColumns(first);
  const rows = targets.flatMap(({ path, boxes }, index): Row[] =>
    boxes === null ? [] : [[`[${index + 1}] ${path}`, ...cellTexts(columns, boxes)]],
  );
  return html`<h2>Boxes</h2>
    ${headedTable(['target', ...columns.map(({ heading }) => heading)], rows)} ${explained(columns)}`;
}

/** The stages of the targets whose ablation was asked for; nothing where none was. */
export function stageTable({ targets }: EvalDocument): Html {
  const rows = targets.flatMap((target, index): Row[] => {
    const { ablation, score, path, clusters } = target;
    if (ablation === null) return [];
    const name = html`[${index + 1}] ${path}<small>${weakerStage(target) ?? ''}</small>`;
    return [
      [name, ...cellTexts(stageColumns, { ...ablation, score })],
      ...ablation.clusters.map((part, cluster): Row => [
        html`[${index + 1}] cluster ${part.cluster}`,
        ...cellTexts(stageColumns, { ...part, score: clusters[cluster]!.score }),
      ]),
    ];
  });
  if (rows.length === 0) return html``;
  return html`<h2>What each stage costs</h2>
    ${headedTable(['target', ...stageColumns.map(({ heading }) => heading)], rows)} ${explained(stageColumns)}
    <p class="note">
      With true masks, a box that hits a nucleus at IoU 0.5 or more gets the true mask of the nucleus, and
      every other box is an extra nucleus.
    </p>`;
}

/** One row for each image, to be sorted by any column. All metrics for one target, only the score for several. */
export function imageTable({ targets }: EvalDocument): Html {
  const [first, ...others] = targets;
  const columns = others.length === 0 ? metricColumns : [scoreColumn];
  const number = (index: number) => `[${index + 1}]`;
  const headings = [
    ...['image', 'cluster', 'nuclei'],
    ...targets.flatMap((_, index) => columns.map(({ heading }) => `${number(index)} ${heading}`)),
    ...others.map((_, index) => `change to ${number(index + 1)}`),
    ...targets.flatMap((_, index) => errorColumns.map(({ heading }) => `${number(index)} ${heading}`)),
  ];
  const rows = first!.images.map(({ id, cluster, gtCount, score }, row): Row => {
    const images = targets.map((target: EvalTarget) => target.images[row]!);
    const changes = images.slice(1).map((image) => image.score - score);
    return [
      id,
      cluster ?? '',
      { value: gtCount, text: String(gtCount) },
      ...images.flatMap((image) => sortableCells(columns, image)),
      ...changes.map((value) => ({ value, text: formatDifference(value) })),
      ...images.flatMap((image) => sortableCells(errorColumns, image)),
    ];
  });
  return html`<div class="scroll">${headedTable(headings, rows, { sortable: true })}</div>`;
}

/** With their whole values to sort by; what is missing comes last. */
const sortableCells = <Shown>(columns: readonly Column<Shown>[], shown: Shown) =>
  columns.map(({ value, format }) => ({
    value: value(shown) ?? -Number.MAX_VALUE,
    text: format(value(shown)),
  }));
