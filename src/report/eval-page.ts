import { barChart, lineChart } from './charts.js';
import type { EvalDocument } from './eval-document.js';
import {
  changedGallery,
  galleryEntries,
  shownTargets,
  worstGallery,
  type EvalSources,
} from './eval-gallery.js';
import { boxTable, imageTable, stageTable, targetTable } from './eval-tables.js';
import { html, htmlPage, type Html } from './html.js';
import { formatCount } from './numbers.js';
import { colours } from '../draw/overlay.js';
import { pageScript, pageStyle } from './page-assets.js';

/**
 * A page about everything that was measured. It reads the images of its galleries again, one at a time.
 *
 * @returns HTML that needs no network and nothing beside it.
 */
export async function evalPage(document: EvalDocument, sources: EvalSources): Promise<string> {
  const { data, targets } = document;
  const compared = targets.length > 1;
  const entry = galleryEntries(document, sources);
  const body = html`<main>
    <h1>Nucleus segmentation scores</h1>
    <p>
      Data <b>${data.path}</b>: ${data.kind}, ${formatCount(data.imageCount, 'image')},
      ${formatCount(data.gtCount, 'nucleus', 'nuclei')}. SHA-256 <code>${data.sha256}</code>
    </p>
    <p class="note">
      Score: for each image and threshold t = 0.50, 0.55 … 0.95, TP / (TP + FP + FN) with a hit where IoU &gt;
      t; the mean over thresholds, then over images. F1, precision and recall pool the nuclei of all images.
      PQ and AJI are means over images. Missed, merged and split count true nuclei without a match at IoU 0.5,
      extra predictions. ${intervalNote(document)}
    </p>
    ${targetTable(document)} ${boxTable(document)}
    <div class="charts">${charts(document)}</div>
    ${stageTable(document)} ${compared ? await changedSection(document, entry) : ''}
    <h2>Lowest scores</h2>
    ${legend()} ${await worstGallery(document, entry)}
    <h2>All images</h2>
    <p class="note">Click a heading to sort.</p>
    ${imageTable(document)}
  </main>`;
  return htmlPage({ title: `Scores: ${data.path}`, body, style: pageStyle, script: pageScript });
}

function intervalNote({ targets, bootstrap: { unit, units }, data: { split } }: EvalDocument): string {
  const fold = split === null || split.fold === null ? '' : `Images of fold ${split.fold} only. `;
  if (targets.length === 1) return fold;
  const drawn = unit === 'group' ? `${units} groups of images that belong together` : `${units} images`;
  return `${fold}Intervals: paired bootstrap over ${drawn}.`;
}

async function changedSection(document: EvalDocument, entry: (id: string) => Promise<Html>): Promise<Html> {
  const left = document.targets.length - shownTargets;
  const note = left > 0 ? html`<p class="note">Pictures of the first ${shownTargets} targets.</p>` : '';
  return html`<h2>Most changed against [1]</h2>
    ${note}${legend()} ${await changedGallery(document, entry)}`;
}

function charts({ targets }: EvalDocument): Html[] {
  const [first] = targets;
  const name = (index: number) => `[${index + 1}]`;
  const curves = lineChart({
    categories: first!.thresholds.map((threshold) => threshold.toFixed(2)),
    xName: 'IoU threshold',
    yName: 'score',
    series: targets.map(({ perThreshold }, index) => ({
      name: name(index),
      values: perThreshold.map(({ score }) => score),
    })),
  });
  const errors = barChart({
    categories: ['missed', 'merged', 'split', 'extra'],
    xName: 'errors at IoU 0.5',
    yName: 'nuclei',
    series: targets.map(({ errors: { missed, merged, split, extra } }, index) => ({
      name: name(index),
      values: [missed, merged, split, extra],
    })),
  });
  const sizes = barChart({
    categories: first!.sizeClasses.map(({ name, gtCount }) => `${name} (${gtCount})`),
    xName: 'size class (nuclei)',
    yName: 'recall at IoU 0.5',
    max: 1,
    series: targets.map(({ sizeClasses }, index) => ({
      name: name(index),
      values: sizeClasses.map(({ perThreshold }) => perThreshold[0]!.recall ?? 0),
    })),
  });
  const pictures = [
    picture(curves, 'Score at each IoU threshold'),
    picture(errors, 'Errors by kind'),
    picture(sizes, 'Recall by size class'),
  ];
  if (first!.clusters.length === 0) return pictures;
  const clusters = barChart({
    categories: first!.clusters.map(({ cluster, imageCount }) => `${cluster} (${imageCount})`),
    xName: 'modality cluster (images)',
    yName: 'score',
    max: 1,
    series: targets.map(({ clusters }, index) => ({
      name: name(index),
      values: clusters.map(({ score }) => score),
    })),
  });
  return [...pictures, picture(clusters, 'Score by modality cluster')];
}

/** As an image a chart is its own document: nothing in it can reach the page. */
function picture(svg: string, caption: string): Html {
  const uri = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
  return html`<figure>
    <img src="${uri}" alt="${caption}" />
    <figcaption>${caption}</figcaption>
  </figure>`;
}

function legend(): Html {
  const entries = [
    ['matched', 'matched'],
    ['missed', 'missed'],
    ['merged', 'merged (outline: the prediction over them)'],
    ['split', 'split (outline: its fragments)'],
    ['extra', 'extra'],
  ] as const satisfies readonly (readonly [keyof typeof colours, string])[];
  return html`<ul class="legend">
    ${entries.map(([kind, text]) => html`<li class="${kind}">${text}</li>`)}
  </ul>`;
}
