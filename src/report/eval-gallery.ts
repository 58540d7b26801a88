import type { EvalDocument, EvalTarget } from './eval-schema.js';
import { drawErrors } from './error-overlay.js';
import type { LabelImage } from '../data/geometry/label-image.js';
import { withoutIgnored } from '../eval/without-ignored.js';
import type { PredictionSource, TruthSource } from '../eval/sources/source.js';
import { html, type Html } from './html.js';
import { formatDifference, formatFraction } from './numbers.js';
import {
  backgroundOf,
  baseImage,
  colours,
  drawOutlines,
  subsampleImage,
  subsampleLabels,
} from '../draw/overlay.js';
import { pngDataUri } from '../draw/png-data-uri.js';

export interface EvalSources {
  readonly truth: TruthSource;
  /** In the order of the targets of the document. */
  readonly predictions: readonly PredictionSource[];
}

/** Images of each gallery: so a page stays below about 10 MB. */
const galleryLength = 8;

/** px of the longer side; larger images are subsampled. */
const largestSide = 512;

/** How many targets have pictures; the page says so if there are more. */
export const shownTargets = 4;

/** Draws an image of a gallery. */
type Entry = (id: string) => Promise<Html>;

/** Draws the images of all galleries of a page; an image in two galleries is read, and predicted by a model, only once. */
export function galleryEntries(document: EvalDocument, sources: EvalSources): Entry {
  const made = new Map<string, Promise<Html>>();
  return (id) => {
    const entry = made.get(id) ?? galleryEntry(id, document, sources);
    made.set(id, entry);
    return entry;
  };
}

/** The images with the lowest mean score over the targets, worst first, without perfect ones. */
export async function worstGallery({ targets }: EvalDocument, entry: Entry): Promise<Html> {
  const means = targets[0]!.images.map(({ id }, index) => ({
    id,
    mean: targets.reduce((sum, { images }) => sum + images[index]!.score, 0) / targets.length,
  }));
  const worst = means.filter(({ mean }) => mean < 1).sort((one, two) => one.mean - two.mean);
  return gallery(
    worst.slice(0, galleryLength).map(({ id }) => id),
    entry,
  );
}

/** The images whose score changed most between the first and any other target. */
export async function changedGallery({ targets }: EvalDocument, entry: Entry): Promise<Html> {
  const changes = targets.flatMap(({ comparison }) => comparison?.mostChanged ?? []);
  changes.sort((one, two) => Math.abs(two.difference) - Math.abs(one.difference));
  const ids = [...new Set(changes.map(({ id }) => id))];
  return gallery(ids.slice(0, galleryLength), entry);
}

async function gallery(ids: readonly string[], entry: Entry): Promise<Html> {
  const entries: Html[] = [];
  for (const id of ids) entries.push(await entry(id));
  return html`${entries}`;
}

async function galleryEntry(id: string, { targets }: EvalDocument, sources: EvalSources): Promise<Html> {
  const { truth, predictions } = sources;
  const { labelImage, ignore } = await truth.read(id);
  const counted = (all: LabelImage) => (ignore ? withoutIgnored(all, ignore).labelImage : all);
  const gt = counted(labelImage);
  const step = Math.ceil(Math.max(gt.width, gt.height) / largestSide);
  const smallGt = subsampleLabels(gt, step);
  const base = subsampleImage(baseImage(await truth.readImage(id), gt), step);
  const background = backgroundOf(base);
  const panels = [
    figure(await pngDataUri(base), 'image'),
    figure(await pngDataUri(drawOutlines(background, smallGt, colours.truth)), 'truth'),
  ];
  for (const [index, prediction] of predictions.slice(0, shownTargets).entries()) {
    const pred = counted((await prediction.read(id, gt)).labelImage);
    const smallPred = subsampleLabels(pred, step);
    const errors = drawErrors(background, { gt: smallGt, pred: smallPred }, { gt, pred });
    panels.push(
      figure(
        await pngDataUri(drawOutlines(background, smallPred, colours.prediction)),
        `[${index + 1}] prediction`,
      ),
      figure(await pngDataUri(errors), `[${index + 1}] errors`),
    );
  }
  const sampled = step > 1 ? `, ${gt.width} x ${gt.height} px, shown at 1/${step} of the size` : '';
  return html`<section class="entry">
    <h3>${id}<span>${entryScores(id, targets)}${sampled}</span></h3>
    <div class="panels">${panels}</div>
  </section> `;
}

function entryScores(id: string, targets: readonly EvalTarget[]): string {
  const scores = targets.map(({ images }) => images.find((image) => image.id === id)!.score);
  return scores
    .map((score, index) => {
      const change = index === 0 ? '' : ` (${formatDifference(score - scores[0]!)})`;
      return `[${index + 1}] score ${formatFraction(score)}${change}`;
    })
    .join('  ');
}

const figure = (uri: string, caption: string): Html =>
  html`<figure>
    <img src="${uri}" alt="${caption}" />
    <figcaption>${caption}</figcaption>
  </figure>`;
