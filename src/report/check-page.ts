import type { CheckResult, DatasetSummary } from '../data/check/check-dataset.js';
import { findingTitles, type Finding } from '../data/check/finding.js';
import type { Dataset } from '../data/read/layout.js';
import { findingPicture } from '../draw/finding-picture.js';
import { html, htmlPage, type Html } from './html.js';
import { factsTable, headedTable, type Row } from './html-tables.js';
import { pngDataUri } from '../draw/png-data-uri.js';
import { pageScript, pageStyle } from './page-assets.js';

/** Pictures per kind of problem; the table at the end lists all problems. */
const picturesOfKind = 24;

/** Rows of the table: a page with more opens slowly, and --json has all. */
const maxRows = 5000;

const ownStyle = `
th, td { text-align: left; overflow-wrap: anywhere; }
.error { color: #a61b00; font-weight: 600; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: 12px; }
.gallery img { width: 100%; image-rendering: pixelated; display: block; background: #000; }
.gallery figcaption { text-align: left; overflow-wrap: anywhere; }
`;

/**
 * A page with the problems that `nucleate data check` found. It reads the images of its pictures again, one at a time.
 *
 * @returns HTML that needs neither the network nor other files.
 */
export async function checkPage(dataset: Dataset, { summary, findings }: CheckResult): Promise<string> {
  const kinds = [...new Set(findings.map(({ kind }) => kind))];
  const sections: Html[] = [];
  for (const kind of kinds) {
    sections.push(
      await kindSection(
        dataset,
        findings.filter((finding) => finding.kind === kind),
      ),
    );
  }
  const left = findings.length - maxRows;
  const body = html`<main>
    <h1>Dataset check</h1>
    <p><b>${summary.path}</b>: ${summary.description}. SHA-256 <code>${summary.identity}</code></p>
    ${summaryTable(summary)} ${findings.length === 0 ? html`<p>No problems were found.</p>` : sections}
    <h2>All problems</h2>
    ${left > 0 ? html`<p class="note">${left} more are in the output of nucleate data check --json.</p>` : ''}
    <div class="scroll">${findingTable(findings.slice(0, maxRows))}</div>
  </main>`;
  const title = `Dataset check: ${summary.path}`;
  return htmlPage({ title, body, style: pageStyle + ownStyle, script: pageScript });
}

function summaryTable(summary: DatasetSummary): Html {
  const { images, readable, errors, warnings } = summary;
  return factsTable([
    ['Errors, warnings', `${errors}, ${warnings}`],
    ['Images', readable === images ? `${images}` : `${images}, of which ${images - readable} cannot be read`],
    ...(readable === 0 ? [] : measuredFacts(summary)),
  ]);
}

/** What was measured on the images that could be read. */
function measuredFacts(summary: DatasetSummary): (readonly [string, string])[] {
  const {
    masks,
    nuclei,
    sizes,
    nucleiPerImage: counts,
    nucleusArea: areas,
    modalities,
    neighbours,
    unreviewed,
  } = summary;
  const bySize = sizes.map(({ width, height, images }) => `${width} x ${height}: ${images}`);
  const byModality = Object.entries(modalities).map(([name, count]) => `${name}: ${count}`);
  return [
    ['Masks, nuclei', `${masks}, ${nuclei}`],
    ['Nuclei per image', `median ${counts.median}, 95th percentile ${counts.p95}, maximum ${counts.most}`],
    [
      'Area of a mask, px',
      `1st percentile ${areas.p1}, median ${areas.median}, 99th percentile ${areas.p99}, maximum ${areas.most}`,
    ],
    ['Images by size, px', bySize.join(', ')],
    ['Images by modality', byModality.join(', ')],
    ['Pairs of neighbouring crops of one field', `${neighbours}`],
    [
      'Pixels that nobody has reviewed, masks there',
      `${(100 * unreviewed.share).toFixed(1)} %, ${unreviewed.masks}`,
    ],
  ];
}

async function kindSection(dataset: Dataset, findings: readonly Finding[]): Promise<Html> {
  const pictures: Html[] = [];
  for (const finding of findings.slice(0, picturesOfKind)) {
    const entry = dataset.images.find(({ id }) => id === finding.image);
    if (entry === undefined || finding.kind === 'file') continue;
    const source = await pngDataUri(findingPicture(await entry.read(), finding));
    pictures.push(
      html`<figure>
        <img src="${source}" alt="" />
        <figcaption>${finding.what} <code>${entry.id}</code></figcaption>
      </figure>`,
    );
  }
  const [first] = findings;
  const shown = pictures.length < findings.length && pictures.length > 0 ? `, ${pictures.length} shown` : '';
  return html`<h2>${findingTitles[first!.kind]}</h2>
    <p class="note">${findings.length} found${shown}.</p>
    <div class="gallery">${pictures}</div>`;
}

function findingTable(findings: readonly Finding[]): Html {
  const rows = findings.map(({ kind, severity, where, what, hint }): Row => {
    return [kind, html`<span class="${severity}">${severity}</span>`, where ?? '', what, hint ?? ''];
  });
  return headedTable(['kind', 'severity', 'place', 'problem', 'what to do'], rows, { sortable: true });
}
