/**
 * Reads datasets of every layout. This folder: `layouts.ts` lists the layouts, `*-layout.ts` has one each, `layout.ts`
 * says what a layout is, `example.ts` what an image with its nuclei is, `annotations/` reads files of other programs,
 * `groups-csv.ts` tables of clusters, `identity.ts` hashes a dataset, `problems.ts` collects errors.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exitCodes, NucleateError } from '../../errors.js';
import type { FileTree } from '../files/file-tree.js';
import { openFileTree } from '../files/open-files.js';
import type { IntensityMode } from '../image/intensity.js';
import { type PlaneChoice, writtenPlanes } from '../image/plane-choice.js';
import { annotatedBy, annotatedLayout } from './annotated-layout.js';
import { annotatorAt } from './annotations-folder.js';
import { findCsv } from './csv-files.js';
import type { MaskChoice } from './annotations/annotation.js';
import { formatsOf, openWithLabels } from './annotations/annotation-layout.js';
import { toExample, type AnnotatedImage, type Example } from './example.js';
import { isGroupsHeader, parseGroupsCsv, readGroupsCsv, type KnownGroup } from './groups-csv.js';
import { identityOf } from './identity.js';
import {
  isImageFile,
  type Dataset,
  type DatasetLayout,
  type DatasetTree,
  type ImageEntry,
} from './layout.js';
import { layouts } from './layouts.js';
import { mapConcurrently } from '../../map-concurrently.js';
import { isPrepared } from './prepared-layout.js';
import { problemsError } from './problems.js';
import { licenceOf, readSources } from './provenance.js';

export interface DatasetOptions extends MaskChoice {
  /** A file or folder of annotations, if they are not among the images; see `annotationFormats`. */
  readonly labels?: string | undefined;
  /** Which channel and plane of each file is its image; default: the only one. */
  readonly planes?: PlaneChoice | undefined;
  /** Whose annotations of `nucleate annotate` are read; null: none, but the masks that the dataset came with. Default: what is there. */
  readonly annotator?: string | null | undefined;
}

/**
 * Recognises the layout of a dataset and lists its images. A dataset is a folder, a zip archive, a prepared file or a file
 * of annotations with the images beside it; see `layouts.ts` for what they may hold.
 *
 * Clusters and annotators of the images come from a CSV in the top folder with the columns `image_id` or `name` and
 * `cluster` (see `readGroupsCsv`), or from `groups.csv` beside a zip archive. They do not change the identity.
 *
 * @returns The caller closes it.
 * @throws {NucleateError} Exit code 3 if no layout matches, or more than one. Problems of single files are listed, not
 *   thrown.
 */
export async function openDataset(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  const named = annotatorAt(path);
  const { annotator = named?.annotator } = options;
  const { files, beside } = await openFiles(named?.images ?? path, options.labels);
  const tree: DatasetTree = {
    ...(annotator === undefined ? files : annotatedBy(files, annotator)),
    ...(options.planes && { planes: options.planes }),
  };
  const planes = writtenPlanes(options.planes ?? {});
  let close = () => tree.close();
  try {
    const { layout, form, listing } = await listImages(tree, {
      ...(beside ? { ...options, labels: path } : options),
      annotator,
    });
    close = async () => {
      await listing.close?.();
      await tree.close();
    };
    const { images, files, problems, identity } = listing;
    const known = await readKnown(tree);
    const recorded = await readSources(tree);
    return {
      path,
      layout: layout.name,
      kind: layout.describe,
      licence: licenceOf(recorded),
      sources: recorded,
      description: `${countOf(images, layout)} (${form})${sources[tree.kind]}`,
      images: images.map((entry) => withKnown(entry, known.get(entry.id))),
      problems: [...tree.problems, ...problems],
      ...(planes && { planes }),
      identity: async () => identity?.() ?? identityOf(tree, files),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The files of a path; if that is only annotations, those beside it. */
async function openFiles(path: string, labels: string | undefined) {
  const tree = await openFileTree(path);
  try {
    if (labels !== undefined || !(await isOnlyAnnotations(tree))) return { files: tree, beside: false };
  } catch (error) {
    await tree.close();
    throw error;
  }
  await tree.close();
  return { files: await openFileTree(dirname(path)), beside: true };
}

/** Whether a file is one of annotations, a ROI set for example, whose images lie beside it. */
async function isOnlyAnnotations(tree: FileTree): Promise<boolean> {
  if (tree.kind === 'folder' || (await isPrepared(tree.path))) return false;
  return !tree.files.some(isImageFile) && (await formatsOf(tree)).length > 0;
}

/** Lists the images by the layout of the tree, or with the masks of a table elsewhere. */
async function listImages(tree: DatasetTree, { labels, annotator, ...choice }: DatasetOptions) {
  // A single file holds its own masks.
  if (labels !== undefined && tree.kind !== 'file') {
    const { format, listing } = await openWithLabels(annotatedBy(tree, null), labels, choice);
    const layout = { name: format.name, describe: `images with ${format.words}` };
    return { layout, form: `masks in ${labels}`, listing };
  }
  const { layout, masks } = await recognise(tree, annotator);
  const seen = layout === annotatedLayout ? tree : annotatedBy(tree, null);
  return { layout, form: layout.arrangement, listing: await layout.open(seen, masks, choice) };
}

/** `1 image with run lengths`, `2 images with run lengths`. */
const countOf = ({ length }: readonly ImageEntry[], { describe }: Pick<DatasetLayout, 'describe'>) =>
  `${length} ${length === 1 ? describe.replace(/^images/u, 'image') : describe}`;

const sources = { folder: ', from a folder', zip: ', from a zip archive', file: '' } as const;

export interface ReadOptions extends DatasetOptions {
  /** Which values of 8-bit images are shown as black and white; see {@link toExample}. */
  readonly intensity?: IntensityMode;
}

/**
 * Reads a dataset image by image, in the order of ids. Only a few images are in memory at a time.
 *
 * @throws {NucleateError} Exit code 3 as {@link openDataset}; before the first image if the listing has problems; or
 *   with the problems of an image and its masks.
 */
export async function* readDataset(
  path: string,
  { intensity, ...options }: ReadOptions = {},
): AsyncGenerator<Example, void, undefined> {
  const dataset = await openDataset(path, options);
  try {
    if (dataset.problems.length > 0) throw problemsError(path, dataset.problems);
    yield* readExamples(dataset, intensity);
  } finally {
    await dataset.close();
  }
}

/** Images that are read at a time. */
const imagesAtOnce = 3;

/** The images of an open dataset as examples, in their order. Problems of the listing are ignored. */
export async function* readExamples(
  { images }: Pick<Dataset, 'images'>,
  intensity?: IntensityMode,
): AsyncGenerator<Example, void, undefined> {
  for await (const image of mapConcurrently(images, imagesAtOnce, (entry) => entry.read())) {
    yield toExample(image, intensity);
  }
}

/** A layout that matches, and the file that holds the masks. */
interface Match {
  readonly layout: DatasetLayout;
  readonly masks: string;
}

/** @param annotator Of whom annotations are asked for; see {@link DatasetOptions}. */
async function findMatches(tree: FileTree, annotator: string | null | undefined): Promise<Match[]> {
  const matches: Match[] = [];
  const own = annotatedBy(tree, null);
  for (const layout of layouts) {
    if (layout === annotatedLayout ? annotator === null : typeof annotator === 'string') continue;
    const seen = layout === annotatedLayout ? tree : own;
    for (const masks of await layout.matches(seen)) matches.push({ layout, masks });
  }
  return matches;
}

async function recognise(tree: FileTree, annotator: string | null | undefined): Promise<Match> {
  const [first, second] = await findMatches(tree, annotator);
  if (first === undefined) throw unrecognised(tree);
  if (second === undefined) return first;
  throw datasetError(
    tree,
    `It is unclear which masks to use: those of ${first.masks} or those of ${second.masks}.`,
    first.layout === annotatedLayout || second.layout === annotatedLayout
      ? 'Name whose annotations to use, as a dataset: its folder annotations/NAME.'
      : 'Move the others out of the dataset, or name the annotations to use: --labels PATH.',
  );
}

/**
 * The names of the layouts that match a path: none if it is not a dataset, several if it is unclear which masks to use.
 *
 * @throws {NucleateError} Exit code 3 if the path cannot be read.
 */
export async function matchingLayouts(path: string): Promise<string[]> {
  const named = annotatorAt(path);
  const tree = await openFileTree(named?.images ?? path);
  try {
    return (await findMatches(tree, named?.annotator)).map(({ layout }) => layout.name);
  } finally {
    await tree.close();
  }
}

function unrecognised(tree: FileTree): NucleateError {
  const what =
    tree.kind === 'file'
      ? 'The dataset is a file, but neither a zip archive nor a prepared dataset.'
      : noMasks(tree);
  const arrangements = layouts.map(({ arrangement }) => arrangement).join('; or ');
  return datasetError(tree, what, `Give a dataset of one of these forms: ${arrangements}.`);
}

function noMasks({ kind, files, problems }: FileTree): string {
  if (files.length === 0 && problems.length === 0)
    return kind === 'zip' ? 'The zip archive is empty.' : 'The folder is empty.';
  const images = files.filter(isImageFile).length;
  return `No masks were found among ${plural(files.length, 'file')} (${plural(images, 'image')}).`;
}

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;

const datasetError = ({ path }: FileTree, what: string, hint: string) =>
  new NucleateError({ what, where: path, hint, exitCode: exitCodes.data });

/** Clusters and annotators from a table, by image id. */
async function readKnown(tree: FileTree): Promise<ReadonlyMap<string, KnownGroup>> {
  const inTopFolder = tree.files.filter((file) => !file.includes('/'));
  const [table, second] = await findCsv(tree, inTopFolder, isGroupsHeader);
  if (second !== undefined) {
    const what = `Both ${table} and ${second} list the clusters of the images.`;
    throw datasetError(tree, what, 'Move one of the two out of the dataset.');
  }
  if (table !== undefined) return parseGroupsCsv(await tree.read(table), tree.place(table));
  const beside = join(dirname(tree.path), 'groups.csv');
  return tree.kind === 'zip' && existsSync(beside) ? readGroupsCsv(beside) : new Map();
}

function withKnown(entry: ImageEntry, known: KnownGroup | undefined): ImageEntry {
  if (known === undefined) return entry;
  const { cluster, annotation } = known;
  const facts = { ...(cluster === undefined ? {} : { cluster }), ...(annotation ? { annotation } : {}) };
  return { ...entry, read: async (): Promise<AnnotatedImage> => ({ ...facts, ...(await entry.read()) }) };
}
