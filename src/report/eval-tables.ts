import type { EvalDocument, EvalTarget } from './eval-document.js';
import { html, type Html } from './html.js';
import { formatDifference, formatShare } from './numbers.js';

/** One row a target. */
export function targetTable({ targets, bootstrap }: EvalDocument): Html {
  const rows = targets.map(
    (
      { path, kind, score, perThreshold, panopticQuality, aji, meanMatchedIou, errors, comparison },
      index,
    ) => {
      const shares = [perThreshold[0]!.f1, perThreshold[4]!.recall, panopticQuality, aji, meanMatchedIou];
      const counts = [errors.missed, errors.extra, errors.merged, errors.split];
      const interval = comparison
        ? `${formatDifference(comparison.interval.low)} … ${formatDifference(comparison.interval.high)}`
        : '';
      return html`<tr>
        <th>[${index + 1}] ${path}<small>${kind}</small></th>
        <td><strong>${formatShare(score)}</strong></td>
        <td>${comparison ? formatDifference(comparison.difference) : ''}</td>
        <td>${interval}</td>
        ${shares.map((share) => html`<td>${formatShare(share)}</td>`)}${counts.map((count) => html`<td>${count}</td>`)}
      </tr> `;
    },
  );
  const names = ['F1 @0.5', 'recall @0.7', 'PQ', 'AJI', 'IoU', 'missed', 'extra', 'merged', 'split'];
  return html`<table>
    <thead>
      <tr>
        <th>target</th>
        <th>score</th>
        <th>to [1]</th>
        <th>${bootstrap.level * 100} % interval</th>
        ${names.map((name) => html`<th>${name}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

/** Boxes of the targets that have scores; nothing where none has. */
export function boxTable({ targets }: EvalDocument): Html {
  const rows = targets.flatMap(({ path, boxes }, index) => {
    if (boxes === null) return [];
    const shares = [boxes.ap, boxes.ap50, boxes.ap75, ...boxes.recall.map(({ atIou50 }) => atIou50)];
    return [
      html`<tr>
        <th>[${index + 1}] ${path}</th>
        ${shares.map((share) => html`<td>${formatShare(share)}</td>`)}
      </tr> `,
    ];
  });
  const [first] = targets.flatMap(({ boxes }) => boxes ?? []);
  if (first === undefined) return html``;
  const names = ['box AP', 'AP @0.5', 'AP @0.75'];
  const recalls = first.recall.map(({ maxDetections }) => `recall @0.5 of ${maxDetections}`);
  return html`<table>
    <thead>
      <tr>
        <th>boxes, as COCO counts</th>
        ${[...names, ...recalls].map((name) => html`<th>${name}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

/** One row an image, to be sorted by any column; numbers carry their whole value for it. */
export function imageTable({ targets }: EvalDocument): Html {
  const [first, ...others] = targets;
  const headers = [
    'image',
    'cluster',
    'nuclei',
    ...targets.map((_, index) => `[${index + 1}] score`),
    ...others.map((_, index) => `change to [${index + 2}]`),
    ...targets.flatMap((_, index) =>
      ['missed', 'extra', 'merged', 'split'].map((name) => `[${index + 1}] ${name}`),
    ),
  ];
  const rows = first!.images.map(({ id, cluster, gtCount, score }, row) => {
    const images = targets.map((target: EvalTarget) => target.images[row]!);
    const changes = images.slice(1).map((image) => image.score - score);
    const errors = images.flatMap(({ errors }) => [errors.missed, errors.extra, errors.merged, errors.split]);
    return html`<tr>
      <th>${id}</th>
      <td>${cluster ?? ''}</td>
      ${number(gtCount, String(gtCount))}${images.map((image) =>
        number(image.score, formatShare(image.score)),
      )}${changes.map((change) => number(change, formatDifference(change)))}${errors.map((count) =>
        number(count, String(count)),
      )}
    </tr> `;
  });
  return html`<div class="scroll">
    <table class="sortable">
      <thead>
        <tr>
          ${headers.map((header) => html`<th><button type="button">${header}</button></th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

const number = (value: number, text: string): Html => html`<td data-value="${value}">${text}</td>`;
