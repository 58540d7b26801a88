import { overallMetrics, validationCurve, type ValidationRecord } from '../run/curves.js';
import type { RunDocument } from '../run/run-document.js';
import { curveCharts } from './charts.js';
import { html, htmlPage, type Html } from './html.js';
import { factsTable, headedTable, type Row } from './html-tables.js';
import { formatCount, formatFraction } from './numbers.js';
import { pageScript, pageStyle } from './page-assets.js';
import { runCharts } from './run-charts.js';
import { bestText, bytesText, durationText, formatMetric } from './run-text.js';

/** An image that a validation has left a drawing of. */
export interface DrawnImage {
  readonly id: string;
  readonly kind: 'worst' | 'best';
  readonly score: number;
  /** A PNG: panels beside each other. */
  readonly png: Uint8Array;
}

/** What a validation has left of its images. */
export interface RunImages {
  readonly step: number;
  readonly images: readonly {
    readonly id: string;
    readonly cluster?: string | undefined;
    readonly score: number | null;
  }[];
  readonly drawn: readonly DrawnImage[];
}

/**
 * A page about a run: what it was told to do, how it went, and how well it does.
 *
 * @param images Of its newest validation, or else its best; null for a run that has left none.
 * @returns HTML that needs no network and nothing beside it.
 */
export function runPage(document: RunDocument, images: RunImages | null): string {
  const { summary, curves } = document;
  const { validations } = curves;
  const charts = runCharts(curves);
  const body = html`<main>
    <h1>${summary.folder}</h1>
    ${facts(document)}
    <h2>Curves</h2>
    <p class="note">
      Each point is the median of neighbouring steps, where there are more than a chart is wide.
    </p>
    ${charts.length > 0 ? picture(curveCharts(charts), 'Curves of the run') : html`<p>Nothing yet.</p>`}
    <h2>Validations</h2>
    ${validations.length > 0 ? scores(validations) : html`<p>None yet.</p>`}
    ${validations.length > 0 ? partsTable(validations.at(-1)!) : ''} ${images ? gallery(images) : ''}
    <h2>Checkpoints</h2>
    ${checkpoints(document)}
    <h2>Config</h2>
    <details>
      <summary>As it was understood</summary>
      <pre>${document.configText}</pre>
    </details>
    <h2>Environment</h2>
    ${leaves(document.environment)}
    <h2>Code</h2>
    ${leaves(document.git)}
  </main>`;
  return htmlPage({ title: `Run: ${summary.folder}`, body, style: pageStyle + runStyle, script: pageScript });
}

/** What pages of runs have besides. */
const runStyle = `
pre { font-size: 12px; line-height: 1.4; background: #f6f6f6; padding: 12px; overflow: auto; }
.facts th { color: #555; padding-left: 0; }
.facts td { text-align: left; overflow-wrap: anywhere; }
.wide img { width: 100%; }
.drawn { display: grid; grid-template-columns: repeat(auto-fit, minmax(440px, 1fr)); gap: 16px; }
.drawn img { width: 100%; display: block; }
.drawn figcaption { text-align: left; overflow-wrap: anywhere; }
`;

function facts({ summary, dataset }: RunDocument): Html {
  const { task, state, message, step, steps, seconds, started, updated, bytes, data } = summary;
  const count = (part: unknown) => {
    const { images, nuclei } = (part ?? {}) as { images?: number; nuclei?: number };
    return `${formatCount(images ?? 0, 'image')}, ${formatCount(nuclei ?? 0, 'nucleus', 'nuclei')}`;
  };
  const unseen =
    dataset['validationIsUnseen'] === false ? ', which train as well: scores are not of unseen images' : '';
  return factsTable([
    ['task', task ?? '-'],
    ['state', message === null ? state : `${state}: ${message}`],
    ['step', steps > 0 ? `${step} of ${steps}` : `${step}`],
    ['best', bestText(summary)],
    ['data', data ?? '-'],
    ['trained on', count(dataset['train'])],
    ['validated on', `${count(dataset['validation'])}${unseen}`],
    [
      'time',
      `${durationText(seconds)} of training; begun ${started ?? '-'}, last heard of ${updated ?? '-'}`,
    ],
    ['size', bytesText(bytes)],
  ]);
}

/** Columns of a table that fits the page. */
const mostColumns = 10;

/** The figures of all nuclei, at each validation. */
function scores(validations: readonly ValidationRecord[]): Html {
  const names = overallMetrics(validations.at(-1)!).slice(0, mostColumns);
  const best = Math.max(...validationCurve(validations, 'score').values);
  const rows = validations.map(({ step, score, metrics, seconds }): Row => [
    `${step}${score === best ? ' (best)' : ''}`,
    ...[score, ...names.map((name) => metrics[name] ?? null)].map(formatMetric),
    durationText(seconds),
  ]);
  return html`<div class="scroll">${headedTable(['step', 'score', ...names, 'took'], rows)}</div>`;
}

/** The last validation by cluster and by size: metrics are named `cluster-a/ap`, `small/recall50`. */
function partsTable({ step, metrics }: ValidationRecord): Html {
  const names = Object.keys(metrics).filter((name) => name.includes('/') && !name.includes('@'));
  const split = names.map(
    (name) => [name.slice(0, name.indexOf('/')), name.slice(name.indexOf('/') + 1)] as const,
  );
  const parts = [...new Set(split.map(([part]) => part))];
  // What decides first; not every part has it.
  const figures = new Set(['score', ...split.map(([, figure]) => figure)]);
  const columns = [...figures]
    .filter((figure) => parts.some((part) => `${part}/${figure}` in metrics))
    .slice(0, mostColumns);
  const rows = parts.map((part): Row => [
    part,
    ...columns.map((column) => formatMetric(metrics[`${part}/${column}`] ?? null)),
  ]);
  if (rows.length === 0) return html``;
  return html`<h2>Parts of the images at step ${step}</h2>
    ${headedTable(['', ...columns], rows)}`;
}

function gallery({ step, images, drawn }: RunImages): Html {
  const section = (kind: DrawnImage['kind'], title: string) => {
    const shown = drawn.filter((image) => image.kind === kind);
    if (shown.length === 0) return html``;
    return html`<h2>${title} at step ${step}</h2>
      <p class="note">From the left: the image, the truth in white, the prediction in colours of jet.</p>
      <div class="drawn">${shown.map((image) => drawing(image, images))}</div>`;
  };
  const sorted = [...images].sort((one, other) => (one.score ?? Infinity) - (other.score ?? Infinity));
  const rows = sorted.map(({ id, cluster, score }): Row => [
    id,
    cluster ?? '-',
    { value: score ?? -1, text: formatFraction(score) },
  ]);
  return html`${section('worst', 'Worst images')} ${section('best', 'Best images')}
    <h2>All images at step ${step}</h2>
    <p class="note">Click a heading to sort.</p>
    <div class="scroll">${headedTable(['image', 'cluster', 'score'], rows, { sortable: true })}</div>`;
}

function drawing({ id, score, png }: DrawnImage, images: RunImages['images']): Html {
  const cluster = images.find((image) => image.id === id)?.cluster;
  const uri = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  return html`<figure>
    <img src="${uri}" alt="${id}" />
    <figcaption>
      ${formatFraction(score)}${cluster === undefined ? '' : `, cluster ${cluster}`}: ${id}
    </figcaption>
  </figure>`;
}

function checkpoints({ checkpoints: all }: RunDocument): Html {
  if (all.length === 0) return html`<p>None yet.</p>`;
  const rows = all.map(({ step, score, bytes, state, problem, isBest, isLatest }): Row => [
    step,
    formatFraction(score),
    bytesText(bytes),
    problem === null ? state : `${state}: ${problem}`,
    [isBest ? 'best' : '', isLatest ? 'latest' : ''].filter(Boolean).join(', '),
  ]);
  return headedTable(['step', 'score', 'size', 'state', ''], rows);
}

/** The values of a record by their dotted keys. */
function leaves(record: Readonly<Record<string, unknown>>, prefix = ''): Html {
  const rows = Object.entries(record).map(
    ([name, value]) => [prefix + name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
  );
  return rows.length === 0 ? html`<p>Unknown.</p>` : factsTable(rows);
}

/** As an image a chart is its own document: nothing in it can reach the page. */
const picture = (svg: string, caption: string): Html =>
  html`<figure class="wide">
    <img src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}" alt="${caption}" />
  </figure>`;
