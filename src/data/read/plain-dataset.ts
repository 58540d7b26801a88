/** Writes datasets in the plain layout: `X.png`, `X_masks.png` and `X_ignore.png`, with a record of where they come from. */
import { createHash } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify/sync';
import { streamPlainFile } from '../../plain-file.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { writeFolder } from '../files/write-folder.js';
import { componentsOf, speckArea } from '../geometry/components.js';
import type { Labels } from '../geometry/label-image.js';
import { areaOf, paintMasks } from '../geometry/mask.js';
import { writeImage } from '../image/image-io.js';
import { encodeLabelImage, writeLabelImage } from '../image/label-io.js';
import { pixelHashOf } from '../image/pixel-hash.js';
import { sumOmissions, type AnnotatedImage, type Omission } from './example.js';
import { ImportJournal, type NotedImage } from './import-journal.js';
import type { Dataset } from './layout.js';
import { mapConcurrently } from '../../map-concurrently.js';
import { plainId } from './plain-id.js';
import { problemsError } from './problems.js';
import { type Provenance, provenanceFile, type SourceRecord } from './provenance.js';

/** A dataset to be written, or to be joined with others. */
export interface PlainSource {
  readonly dataset: Dataset;
  /** The file or folder that the user named. */
  readonly path: string;
  /** Of every image; default: as the dataset says. */
  readonly annotator?: string | undefined;
  /** Default: as the dataset says. */
  readonly licence?: string | undefined;
}

export interface WritePlainOptions {
  readonly version: string;
  readonly now: Date;
  /** How the sources are read; an import with another choice does not go on with one that was killed. */
  readonly choice?: unknown;
  /** Called after each image with how many are done. */
  readonly onImage?: (done: number) => void;
}

/** Images that are read at a time. */
const imagesAtOnce = 3;

/**
 * Writes datasets as one, image by image, into a folder that is there completely or not at all. Of images with the same
 * pixels only the first is written. An id that two images have gets a number. After a kill it goes on where it was, if it
 * is called with the same sources.
 *
 * @param folder Must not exist.
 * @throws {NucleateError} Exit code 3 for a source with problems or without images; 2 if the folder exists; 8 if it cannot
 *   be written. Then nothing is left.
 */
export async function writePlainDataset(
  sources: readonly PlainSource[],
  folder: string,
  { version, now, choice, onImage = () => {} }: WritePlainOptions,
): Promise<Provenance> {
  const problems = sources.flatMap(({ dataset }) => dataset.problems);
  if (problems.length > 0) throw problemsError(sources[0]!.path, problems);
  const empty = sources.find(({ dataset }) => dataset.images.length === 0);
  if (empty) throw withoutImages(empty.path);
  const around = sources.find((source) => resolve(folder).startsWith(resolve(source.path) + sep));
  if (around) {
    const what = `The new dataset would lie within ${around.path}, and be a part of it.`;
    const hint = 'Name a folder elsewhere.';
    throw new NucleateError({ what, where: folder, hint, exitCode: exitCodes.usage });
  }
  const identities: string[] = [];
  for (const source of sources) identities.push(await identityOf(source));
  const facts = sources.map(async ({ path, dataset, annotator, licence }) => [
    ...[path, await dataset.identity(), dataset.layout, annotator, licence],
    dataset.images.map(({ id }) => id),
  ]);
  const journal = new ImportJournal([version, choice, await Promise.all(facts)]);
  const records: SourceRecord[] = [];
  const write = async (partial: string) => {
    await journal.begin(partial);
    const writer = new PlainWriter(partial, journal);
    let done = 0;
    for (const [index, source] of sources.entries())
      records.push(await writer.writeSource(source, identities[index]!, () => onImage((done += 1))));
    const provenance: Provenance = { date: now.toISOString(), nucleate: version, sources: records };
    await writeFile(
      join(partial, 'groups.csv'),
      stringify(writer.rows, { header: true, columns: groupColumns }),
    );
    await writeFile(join(partial, provenanceFile), `${JSON.stringify(provenance, null, 2)}\n`);
    await journal.remove();
  };
  await writeFolder(folder, { noun: 'dataset', write, goesOn: (partial) => journal.isOf(partial) });
  return { date: now.toISOString(), nucleate: version, sources: records };
}

const groupColumns = ['image_id', 'cluster', 'annotator', 'tool'];

/** Of a file, of its bytes; else of the dataset. */
const identityOf = async ({ path, dataset }: PlainSource) =>
  (await stat(path)).isFile() ? hashOfFile(path) : dataset.identity();

class PlainWriter {
  /** Lines of `groups.csv`. */
  readonly rows: string[][] = [];
  readonly #folder: string;
  readonly #journal: ImportJournal;
  /** What was written, by the pixels of the image. */
  readonly #byPixels = new Map<string, { readonly id: string; readonly labelsSha256: string }>();
  readonly #ids = new Set<string>();

  constructor(folder: string, journal: ImportJournal) {
    this.#folder = folder;
    this.#journal = journal;
  }

  async writeSource(source: PlainSource, sha256: string, onImage: () => void): Promise<SourceRecord> {
    const { dataset, path, annotator } = source;
    const counts = { images: 0, nuclei: 0, overlapPixels: 0, lostNuclei: 0, missingValues: 0 };
    const kept = { withHoles: 0, inPieces: 0, specks: 0 };
    const leftOut: (readonly Omission[])[] = [];
    const annotators = new Set<string>();
    const repeated: SourceRecord['repeated'] = [];
    const noted = this.#journal.next(dataset.images.length);
    const left = dataset.images.slice(noted.length);
    const fresh = mapConcurrently(left, imagesAtOnce, (entry) => entry.read());
    for await (const part of chain(noted, fresh)) {
      const image = 'masks' in part ? await this.#write(part, annotator) : part;
      onImage();
      const { id, pixels, labelsSha256, row } = image;
      const known = this.#byPixels.get(pixels);
      if (known) {
        const hasOtherNuclei = known.labelsSha256 !== labelsSha256;
        repeated.push({ image: image.source, sameAs: known.id, hasOtherNuclei });
        continue;
      }
      this.#ids.add(folded(id));
      this.#byPixels.set(pixels, { id, labelsSha256 });
      this.rows.push([id, ...row]);
      if (row[1]) annotators.add(row[1]);
      leftOut.push(image.leftOut);
      counts.images += 1;
      for (const key of ['nuclei', 'overlapPixels', 'lostNuclei', 'missingValues'] as const)
        counts[key] += image[key];
      for (const key of ['withHoles', 'inPieces', 'specks'] as const) kept[key] += image[key];
    }
    const { images, nuclei, ...changed } = counts;
    return {
      ...{ name: basename(path), sha256, format: dataset.layout },
      annotator: annotators.size > 0 ? [...annotators].sort().join(', ') : (annotator ?? null),
      licence: source.licence ?? dataset.licence,
      ...{ images, nuclei, changed, kept, leftOut: sumOmissions(leftOut), repeated },
      ...(dataset.sources.length > 0 && { sources: [...dataset.sources] }),
    };
  }

  /** Writes an image unless its pixels are there. */
  async #write(image: AnnotatedImage, annotator: string | undefined): Promise<NotedImage> {
    const { labels, instanceCount, overlapPixels, withoutPixels } = paintMasks(image.masks, image.image);
    const { width, height } = image.image;
    const pixels = pixelHashOf(image.image);
    const isRepeated = this.#byPixels.has(pixels);
    const id = isRepeated ? '' : this.#newId(image.id);
    const { cluster = '', annotation } = image;
    const by = annotator === undefined ? annotation : { annotator };
    const noted: NotedImage = {
      ...{ source: image.id, id, pixels },
      labelsSha256: hashOfNuclei(labels),
      ...{ nuclei: instanceCount, overlapPixels, lostNuclei: withoutPixels },
      missingValues: image.image.missing?.count ?? 0,
      ...irregularitiesOf(image),
      leftOut: [...(image.leftOut ?? [])],
      row: [cluster, by?.annotator ?? '', by?.tool ?? ''],
    };
    if (!isRepeated) await writePlainImage(join(this.#folder, id), image, { width, height, labels });
    await this.#journal.note(noted);
    return noted;
  }

  /** Unique, also where case does not matter, and a file name. */
  #newId(wanted: string): string {
    const name = plainId(wanted);
    for (let count = 1; ; count++) {
      const id = count === 1 ? name : `${name}-${count}`;
      if (!this.#ids.has(folded(id))) return id;
    }
  }
}

/** As file systems compare names that know no case. */
const folded = (id: string) => id.normalize('NFC').toLowerCase();

async function* chain<T, U>(first: readonly T[], then: AsyncIterable<U>): AsyncGenerator<T | U> {
  yield* first;
  yield* then;
}

/** How many nuclei look like mistakes. */
function irregularitiesOf({ masks, image }: AnnotatedImage) {
  const counts = { withHoles: 0, inPieces: 0, specks: 0 };
  for (const mask of masks) {
    const { pieces, holes } = componentsOf(mask, image.width);
    const area = areaOf(mask);
    if (holes.length > 0) counts.withHoles++;
    if (pieces.length > 1) counts.inPieces++;
    if (area > 0 && area < speckArea) counts.specks++;
  }
  return counts;
}

/** Of the pixels of each nucleus: formats list the same nuclei in different orders. */
function hashOfNuclei(labels: Labels): string {
  const numbers = new Map([[0, 0]]);
  const inOrder = Int32Array.from(labels, (label) => {
    const number = numbers.get(label) ?? numbers.size;
    if (number === numbers.size) numbers.set(label, number);
    return number;
  });
  return createHash('sha256').update(new Uint8Array(inOrder.buffer)).digest('hex');
}

async function writePlainImage(
  stem: string,
  { image, ignore }: AnnotatedImage,
  labelImage: Parameters<typeof encodeLabelImage>[0],
): Promise<void> {
  await writeImage(`${stem}.png`, image);
  const { extension, pieces } = await encodeLabelImage(labelImage);
  await writeFile(`${stem}_masks${extension}`, Buffer.concat(pieces));
  const { width, height } = labelImage;
  if (ignore)
    await writeLabelImage(`${stem}_ignore.png`, { width, height, labels: Uint16Array.from(ignore) });
}

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(streamPlainFile(path), hash);
  return hash.digest('hex');
}

const withoutImages = (where: string) =>
  new NucleateError({
    what: 'No image here has annotations.',
    where,
    hint: 'Name the folder of the images that were annotated: --images DIR.',
    exitCode: exitCodes.data,
  });
