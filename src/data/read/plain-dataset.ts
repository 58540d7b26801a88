/** Writes datasets in the plain layout: `X.png`, `X_masks.png` and `X_ignore.png`, with a record of where they come from. */
import { createHash } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify/sync';
import { streamPlainFile } from '../../plain-file.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { writeFolder } from '../files/write-folder.js';
import { paintMasks } from '../geometry/mask.js';
import { writeImage } from '../image/image-io.js';
import { encodeLabelImage, writeLabelImage } from '../image/label-io.js';
import { pixelHashOf } from '../image/pixel-hash.js';
import type { AnnotatedImage, Annotation } from './example.js';
import type { Dataset } from './layout.js';
import { mapConcurrently } from './map-concurrently.js';
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
  /** Called after each image with how many are done. */
  readonly onImage?: (done: number) => void;
}

/** Images that are read at a time. */
const imagesAtOnce = 3;

/**
 * Writes datasets as one, image by image, into a folder that is there completely or not at all. Of images with the same
 * pixels only the first is written. An id that two images have gets a number.
 *
 * @param folder Must not exist.
 * @throws {NucleateError} Exit code 3 for a source with problems or without images; 2 if the folder exists; 8 if it cannot
 *   be written. Then nothing is left.
 */
export async function writePlainDataset(
  sources: readonly PlainSource[],
  folder: string,
  { version, now, onImage = () => {} }: WritePlainOptions,
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
  const records: SourceRecord[] = [];
  const writer = new PlainWriter();
  let done = 0;
  const write = async (partial: string) => {
    for (const source of sources)
      records.push(await writer.writeSource(source, partial, () => onImage((done += 1))));
    const provenance: Provenance = { date: now.toISOString(), nucleate: version, sources: records };
    await writeFile(
      join(partial, 'groups.csv'),
      stringify(writer.rows, { header: true, columns: groupColumns }),
    );
    await writeFile(join(partial, provenanceFile), `${JSON.stringify(provenance, null, 2)}\n`);
  };
  await writeFolder(folder, { noun: 'dataset', write });
  return { date: now.toISOString(), nucleate: version, sources: records };
}

const groupColumns = ['image_id', 'cluster', 'annotator', 'tool'];

/** An image that was written. */
interface Written {
  readonly id: string;
  readonly labelsSha256: string;
}

class PlainWriter {
  /** Lines of `groups.csv`. */
  readonly rows: string[][] = [];
  readonly #byPixels = new Map<string, Written>();
  readonly #ids = new Set<string>();

  async writeSource(source: PlainSource, folder: string, onImage: () => void): Promise<SourceRecord> {
    const { dataset, path, annotator = null } = source;
    const counts = { images: 0, nuclei: 0, overlapPixels: 0, lostNuclei: 0 };
    const repeated: SourceRecord['repeated'] = [];
    for await (const image of mapConcurrently(dataset.images, imagesAtOnce, (entry) => entry.read())) {
      const { labels, instanceCount, overlapPixels, withoutPixels } = paintMasks(image.masks, image.image);
      const { width, height } = image.image;
      const labelsSha256 = createHash('sha256').update(new Uint8Array(labels.buffer)).digest('hex');
      const pixels = pixelHashOf(image.image);
      const known = this.#byPixels.get(pixels);
      if (known) {
        const hasOtherNuclei = known.labelsSha256 !== labelsSha256;
        repeated.push({ image: image.id, sameAs: known.id, hasOtherNuclei });
      } else {
        const id = this.#newId(image.id);
        this.#byPixels.set(pixels, { id, labelsSha256 });
        await writePlainImage(join(folder, id), image, { width, height, labels });
        this.#describe(id, image, annotator === null ? image.annotation : { annotator });
        counts.images += 1;
        counts.nuclei += instanceCount;
        counts.overlapPixels += overlapPixels;
        counts.lostNuclei += withoutPixels;
      }
      onImage();
    }
    const { images, nuclei, ...changed } = counts;
    const isFile = (await stat(path)).isFile();
    return {
      name: basename(path),
      sha256: isFile ? await hashOfFile(path) : await dataset.identity(),
      format: dataset.layout,
      annotator,
      licence: source.licence ?? dataset.licence,
      ...{ images, nuclei, changed, repeated },
    };
  }

  /** Unique, also where case does not matter, and a file name. */
  #newId(wanted: string): string {
    const name = wanted.replaceAll(/[/\\]/gu, '-');
    for (let count = 1; ; count++) {
      const id = count === 1 ? name : `${name}-${count}`;
      const folded = id.normalize('NFC').toLowerCase();
      if (this.#ids.has(folded)) continue;
      this.#ids.add(folded);
      return id;
    }
  }

  #describe(id: string, { cluster = '' }: AnnotatedImage, annotation: Annotation | undefined): void {
    this.rows.push([id, cluster, annotation?.annotator ?? '', annotation?.tool ?? '']);
  }
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
