import { overallMetrics, validationCurve, type ValidationRecord } from '../run/curves.js';
import type { RunDocument } from '../run/run-document.js';
import { curveCharts } from './charts.js';
import { html, htmlPage, type Html } from './html.js';
import { factsTable, headedTable, type Row } from './html-tables.js';
import { metricLabel, type MetricNames } from '../run/metric-names.js';
import { formatCount, formatFraction } from './numbers.js';
import { pageScript, pageStyle } from './page-assets.js';
import { runCharts } from './run-charts.js';
import { bestText, bytesText, durationText, formatMetric } from './run-text.js';

/** An image of a validation, drawn with its truth and prediction. */
export interface DrawnImage {
  readonly id: string;
  readonly kind: 'worst' | 'best';
  readonly score: number;
  /** A PNG: panels side by side. */
  readonly png: Uint8Array;
}

/** The images of one validation. */
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
 * A page about a run: its settings, how the training went, and how good the result is.
 *
 * @param images Of its newest validation, or else its best; null if there are none.
 * @returns HTML of a single file that needs no network.
 */
export function runPage(document: RunDocument, images: RunImages | null): string {
  const { summary, names, curves } = document;
  const { validations } = curves;
  const charts = runCharts(curves, names);
  const body = html`<main>
    <h1>${summary.folder}</h1>
    ${facts(document)}
    <h2>Curves</h2>
    <p class="note">Long curves are thinned: each point is then the median of neighbouring steps.</p>
    ${charts.length > 0 ? picture(curveCharts(charts), 'Curves of the run') : html`<p>No steps yet.</p>`}
    <h2>Validations</h2>
    ${validations.length > 0 ? scores(validations, names) : html`<p>None yet.</p>`}
    ${validations.length > 0 ? partsTable(validations.at(-1)!, names) : ''}
    ${images ? gallery(images, names) : ''}
    <h2>Checkpoints</h2>
    ${checkpoints(document)}
    <h2>Config</h2>
    <details>
      <summary>With all defaults</summary>
      <pre>${document.configText}</pre>
    </details>
    <h2>Environment</h2>
    ${leaves(document.environment)}
    <h2>Code version</h2>
    ${leaves(document.git)}
  </main>`;
  return htmlPage({ title: `Run: ${summary.folder}`, body, style: pageStyle + runStyle, script: pageScript });
}

/** The style of run pages, besides that of all pages. */
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
    dataset['validationIsUnseen'] === false
      ? ', which are trained on as well: scores are not of unseen images'
      : '';
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
      `${durationText(seconds)} of training; started ${started ?? '-'}, last update ${updated ?? '-'}`,
    ],
    ['size', bytesText(bytes)],
  ]);
}

/** Columns of metrics that fit the page. */
const mostColumns = 10;

/** The metrics of all nuclei, at each validation. */
function scores(validations: readonly ValidationRecord[], { scoreName }: MetricNames): Html {
  const names = overallMetrics(validations.at(-1)!).slice(0, mostColumns);
  const best = Math.max(...validationCurve(validations, 'score').values);
  const rows = validations.map(({ step, score, metrics, seconds }): Row => [
    `${step}${score === best ? ' (best)' : ''}`,
    ...[score, ...names.map((name) => metrics[name] ?? null)].map(formatMetric),
    durationText(seconds),
  ]);
  const headings = ['step', scoreName, ...names.map((name) => metricLabel(name, scoreName)), 'time'];
  return html`<div class="scroll">${headedTable(headings, rows)}</div>`;
}

/** The last validation by cluster and by size class: metrics are named `cluster-a/ap`, `small/recall50`. */
function partsTable({ step, metrics }: ValidationRecord, { scoreName }: MetricNames): Html {
  const values = new Map(
    Object.entries(metrics)
      .filter(([name]) => !name.includes('@'))
      .map(([name, value]) => [metricLabel(name, scoreName), value] as const)
      .filter(([label]) => label.includes('/')),
  );
  const split = [...values.keys()].map(
    (label) => [label.slice(0, label.indexOf('/')), label.slice(label.indexOf('/') + 1)] as const,
  );
  const parts = [...new Set(split.map(([part]) => part))];
  // The score first; not every part has it.
  const columns = [...new Set([scoreName, ...split.map(([, metric]) => metric)])]
    .filter((metric) => parts.some((part) => values.has(`${part}/${metric}`)))
    .slice(0, mostColumns);
  const rows = parts.map((part): Row => [
    part,
    ...columns.map((column) => formatMetric(values.get(`${part}/${column}`) ?? null)),
  ]);
  if (rows.length === 0) return html``;
  return html`<h2>By cluster and size at step ${step}</h2>
    ${headedTable(['', ...columns], rows)}`;
}

function gallery({ step, images, drawn }: RunImages, { scoreName }: MetricNames): Html {
  const section = (kind: DrawnImage['kind'], title: string) => {
    const shown = drawn.filter((image) => image.kind === kind);
    if (shown.length === 0) return html``;
    return html`<h2>${title} at step ${step}</h2>
      <p class="note">From the left: the image, the truth in white, the prediction in colours.</p>
      <div class="drawn">${shown.map((image) => drawing(image, images, scoreName))}</div>`;
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
    <div class="scroll">${headedTable(['image', 'cluster', scoreName], rows, { sortable: true })}</div>`;
}

function drawing({ id, score, png }: DrawnImage, images: RunImages['images'], scoreName: string): Html {
  const cluster = images.find((image) => image.id === id)?.cluster;
  const uri = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  return html`<figure>
    <img src="${uri}" alt="${id}" />
    <figcaption>
      ${scoreName} ${formatFraction(score)}${cluster === undefined ? '' : `, cluster ${cluster}`}: ${id}
    </figcaption>
  </figure>`;
}

function checkpoints({ checkpoints: all, names }: RunDocument): Html {
  if (all.length === 0) return html`<p>None yet.</p>`;
  const rows = all.map(({ step, score, bytes, state, problem, isBest, isLatest }): Row => [
    step,
    formatFraction(score),
    bytesText(bytes),
    problem === null ? state : `${state}: ${problem}`,
    [isBest ? 'best' : '', isLatest ? 'latest' : ''].filter(Boolean).join(', '),
  ]);
  return headedTable(['step', names.scoreName, 'size', 'state', ''], rows);
}

/** The values of a record by their dotted keys. */
function leaves(record: Readonly<Record<string, unknown>>, prefix = ''): Html {
  const rows = Object.entries(record).map(
    ([name, value]) => [prefix + name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
  );
  return rows.length === 0 ? html`<p>Unknown.</p>` : factsTable(rows);
}

/** A chart as an image is a document of its own: nothing in it can reach the page. */
const picture = (svg: string, caption: string): Html =>
  html`<figure class="wide">
    <img src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}" alt="${caption}" />
  </figure>`;
