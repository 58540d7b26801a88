/** The one entry to datasets of every layout. */
import { createReadStream, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exitCodes, NucleateError } from '../../errors.js';
import { mapAhead } from './ahead.js';
import { challengeLayout, isMaskFile } from './challenge-layout.js';
import { toExample, type AnnotatedImage, type Example } from './example.js';
import type { FileTree } from '../files/file-tree.js';
import { identityOf } from './identity.js';
import { isLabelFile, pairLayout } from './pairs-layout.js';
import { isImageFile, type Dataset, type ImageEntry, type Layout } from './layout.js';
import { openFileTree } from '../files/open-files.js';
import { isPrepared, openPrepared } from './prepared-layout.js';
import { refuseProblems } from './problems.js';
import { isRunLengthHeader, readRunLengthCsv } from './rle-csv.js';
import { readTable, runLengthLayout } from './run-length-layout.js';
import { isGroupsHeader, parseGroupsCsv, readGroupsCsv, type KnownGroup } from './groups-csv.js';

export interface DatasetOptions {
  /** A CSV of run lengths with the masks, where it is not among the images. */
  readonly labels?: string | undefined;
}

/**
 * Recognises and lists a dataset: a folder or a zip archive in the layout of the 2018 Data Science Bowl
 * (`<id>/images/*`, `<id>/masks/*`), as pairs (`X.png`, `X_masks.png`), or as images with a CSV of run lengths; or a
 * file of `nucleate data prepare`.
 *
 * Clusters and annotators of its images come from a CSV in its uppermost folder with the columns `image_id` or `name`
 * and `cluster` (see `readGroupsCsv`), or from `groups.csv` beside a zip archive. They are no part of the identity.
 *
 * @returns To be closed by the caller.
 * @throws {NucleateError} Exit code 3 if nothing, or more than one layout, is recognised. Problems of single files are
 *   not thrown but listed.
 */
export async function openDataset(path: string, { labels }: DatasetOptions = {}): Promise<Dataset> {
  if (await isPrepared(path)) return openPrepared(path);
  const tree = await openFileTree(path);
  try {
    const layout = await recognise(tree, labels);
    const known = await readKnown(tree);
    return {
      path,
      layout: layout.name,
      description: describe(layout, tree, labels),
      images: layout.images.map((entry) => withKnown(entry, known.get(entry.id))),
      problems: [...tree.problems, ...layout.problems],
      identity: () => identityOf(tree, layout.files),
      close: () => tree.close(),
    };
  } catch (error) {
    await tree.close();
    throw error;
  }
}

/** Images that are read ahead of the one that is handed out. */
const imagesAhead = 3;

/**
 * Reads a dataset image by image, in the order of ids; a few images are in memory at a time.
 *
 * @throws {NucleateError} Exit code 3 as {@link openDataset}; before the first image, if the listing has problems; or
 *   with what is wrong with an image and its masks.
 */
export async function* readDataset(
  path: string,
  options: DatasetOptions = {},
): AsyncGenerator<Example, void, undefined> {
  const dataset = await openDataset(path, options);
  try {
    if (dataset.problems.length > 0) throw refuseProblems(path, dataset.problems);
    yield* readExamples(dataset);
  } finally {
    await dataset.close();
  }
}

/** The images of an open dataset as examples, in their order; problems of the listing are not looked at. */
export async function* readExamples({
  images,
}: Pick<Dataset, 'images'>): AsyncGenerator<Example, void, undefined> {
  for await (const image of mapAhead(images, imagesAhead, (entry) => entry.read())) yield toExample(image);
}

async function recognise(tree: FileTree, labels: string | undefined): Promise<Layout> {
  if (labels !== undefined) {
    const table = await readRunLengthCsv(createReadStream(labels), labels);
    return runLengthLayout(tree, { ...table, place: labels });
  }
  const tables = await findTables(tree);
  const hasChallenge = tree.files.some(isMaskFile);
  const hasPairs = !hasChallenge && tree.files.some(isLabelFile);
  const [table, second] = tables;
  if (Number(hasChallenge) + Number(hasPairs) + tables.length > 1) {
    const what =
      second === undefined ? `both masks as images and the table ${table}` : `${table} and ${second}`;
    const hint = 'Move what does not belong to the dataset out of it, or name the table with --labels.';
    throw unclear(tree, `The dataset holds ${what}, and either may be its masks.`, hint);
  }
  if (hasChallenge) return challengeLayout(tree);
  if (hasPairs) return pairLayout(tree);
  if (table !== undefined) return runLengthLayout(tree, await readTable(tree, table), table);
  const images = tree.files.filter(isImageFile).length;
  const what = `No masks are found: ${tree.files.length} files, of which ${images} may be images.`;
  throw unclear(tree, what, mendLayout);
}

const mendLayout =
  'Arrange the files as <id>/images/*.png with <id>/masks/*.png, as X.png with X_masks.png, or as images with a CSV ' +
  'of the columns ImageId,EncodedPixels (--labels).';

const unclear = ({ path }: FileTree, what: string, hint: string) =>
  new NucleateError({ what, where: path, hint, exitCode: exitCodes.data });

/** CSV files whose first line is that of run lengths; other tables may lie about. */
const findTables = (tree: FileTree) => findCsv(tree, tree.files, isRunLengthHeader);

async function findCsv(tree: FileTree, files: readonly string[], isHeader: (line: string) => boolean) {
  const found: string[] = [];
  for (const file of files) {
    if (!/\.csv$/iu.test(file)) continue;
    const [firstLine = ''] = (await tree.read(file)).toString('utf8', 0, 1000).split(/\r?\n/u);
    if (isHeader(firstLine)) found.push(file);
  }
  return found;
}

/** What tables say of the images. */
async function readKnown(tree: FileTree): Promise<ReadonlyMap<string, KnownGroup>> {
  const uppermost = tree.files.filter((file) => !file.includes('/'));
  const [table, second] = await findCsv(tree, uppermost, isGroupsHeader);
  if (second !== undefined) {
    const hint = 'Move one of them out of the dataset.';
    throw unclear(tree, `The dataset holds ${table} and ${second}, and both name the clusters.`, hint);
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

const layoutWords = {
  challenge: 'in the layout of the 2018 Data Science Bowl, one mask file a nucleus',
  pairs: 'with label images (X.png, X_masks.png)',
  'run-lengths': 'with a CSV of run lengths',
  prepared: 'prepared',
} as const;

function describe({ name, images }: Layout, { kind }: FileTree, labels: string | undefined): string {
  const table = labels === undefined ? '' : `, ${labels}`;
  return `${images.length} images ${layoutWords[name]}${table}, from a ${kind === 'zip' ? 'zip archive' : 'folder'}`;
}
