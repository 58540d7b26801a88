import type { EvalDocument } from './eval-schema.js';
import { barChart, lineChart } from './charts.js';
import {
  changedGallery,
  galleryEntries,
  shownTargets,
  worstGallery,
  type EvalSources,
} from './eval-gallery.js';
import { shownErrors } from './eval-columns.js';
import { boxTable, columnNotes, imageTable, stageTable, targetTable } from './eval-tables.js';
import { html, htmlPage, type Html } from './html.js';
import { formatCount } from './numbers.js';
import { colours } from '../draw/overlay.js';
import { pageScript, pageStyle } from './page-assets.js';

/**
 * A page with all metrics, charts and images with their errors. It reads the images of its galleries again, one at a
 * time.
 *
 * @returns HTML that needs no network and no other file.
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
    ${document.warnings.map((text) => html`<p><b>Warning:</b> ${text}</p>`)} ${notes(document)}
    ${targetTable(document)} ${columnNotes()}
    <div class="charts">${charts(document)}</div>
    ${boxTable(document)} ${stageTable(document)} ${compared ? await changedSection(document, entry) : ''}
    <h2>Images with the lowest scores</h2>
    ${legend()} ${await worstGallery(document, entry)}
    <h2>All images</h2>
    <p class="note">Click a heading to sort.</p>
    ${imageTable(document)}
  </main>`;
  return htmlPage({ title: `Scores: ${data.path}`, body, style: pageStyle, script: pageScript });
}

/** What was scored, and how targets are compared; nothing where all images of one target are scored. */
function notes({ targets, bootstrap: { unit, units, resamples }, data: { split } }: EvalDocument): Html {
  const fold = split === null || split.fold === null ? [] : [`Only images of fold ${split.fold} are scored.`];
  const drawn =
    unit === 'group'
      ? `${formatCount(units, 'group')} of images that belong together`
      : formatCount(units, 'image');
  const intervals =
    targets.length === 1
      ? []
      : units < 2
        ? ['The change has no interval, since there is only one image or group of images.']
        : [
            `The interval is for the change of the score: paired bootstrap, ${resamples} resamples of ${drawn}.`,
          ];
  const sentences = [...fold, ...intervals];
  return sentences.length === 0 ? html`` : html`<p class="note">${sentences.join(' ')}</p>`;
}

async function changedSection(document: EvalDocument, entry: (id: string) => Promise<Html>): Promise<Html> {
  const left = document.targets.length - shownTargets;
  const note = left > 0 ? html`<p class="note">Pictures show the first ${shownTargets} targets.</p>` : '';
  return html`<h2>Images that changed most from [1]</h2>
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
    categories: shownErrors.map(({ key }) => key),
    xName: 'errors at IoU 0.5',
    yName: 'nuclei',
    series: targets.map(({ errors }, index) => ({
      name: name(index),
      values: shownErrors.map(({ key }) => errors[key]),
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
    ['merged', 'merged (outline: the prediction that covers them)'],
    ['split', 'split (outline: its fragments)'],
    ['extra', 'extra'],
  ] as const satisfies readonly (readonly [keyof typeof colours, string])[];
  return html`<ul class="legend">
    ${entries.map(([kind, text]) => html`<li class="${kind}">${text}</li>`)}
  </ul>`;
}
