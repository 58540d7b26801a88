import { createHash } from 'node:crypto';
import { z } from 'zod';
import { DatasetReading, type TrainingConfig } from '../config/training.js';
import { shownRange } from '../data/image/intensity.js';
import { planeChoice } from '../data/image/plane-choice.js';
import { pixelHashOf } from '../data/image/pixel-hash.js';
import { shareExample } from '../data/loader/shared-example.js';
import {
  dataSource,
  masksOf,
  samePixels,
  sourcesOf,
  type TrainingData,
} from '../data/loader/training-data.js';
import { openDataset, readExamples } from '../data/read/dataset.js';
import { type Example, withoutUnreviewed } from '../data/read/example.js';
import { openDatasets } from '../data/read/joined-datasets.js';
import { problemsError } from '../data/read/problems.js';
import { fingerprintOf, sightingsOf } from '../data/split/fingerprint.js';
import { signatureOf } from '../data/split/signature.js';
import {
  type FindSplitImage,
  imageFinder,
  type Split,
  type SplitImage,
  splitImages,
} from '../data/split/split.js';
import { readSplit } from '../data/split/split-file.js';
import { exitCodes, NucleateError, type Problem } from '../errors.js';
import { randomFor } from '../random.js';

/** What to learn from. */
export interface FinetuneDataset {
  /** Datasets with the corrected images; at least one. */
  readonly paths: readonly string[];
  /** File or folder of annotations with the masks of the first one, if they are not among its images. */
  readonly labels?: string | undefined;
  /** How their images and masks are read; those of `replay` are read without. Default: as in a config. */
  readonly reading?: Partial<DatasetReading> | undefined;
  /** A split of the datasets, and the fold that validates; default: drawn by group, and of at most five folds the one with about a tenth of the nuclei validates. */
  readonly split?: { readonly path: string; readonly fold: number } | undefined;
  /** Older images to learn from again, so that they are not forgotten; those that are among `paths`, too, are left out. */
  readonly replay?: string | undefined;
}

/** The images of a fine-tuning. */
export interface FinetuneData extends TrainingData {
  readonly split: Split;
  /** The fold that validates: the one that was given, or the one with about a tenth of the nuclei. */
  readonly fold: number;
  /** How many of the training images are older ones. */
  readonly replayed: number;
}

/** Replayed images are a cluster of their own, so that the loader can draw them as often as the recipe says. */
export const replayCluster = 'replay';

/**
 * Fewer groups of images than this are all learnt from: to leave one of three out would cost a third of what there is to
 * learn, and one image could not tell whether the model is better.
 */
const leastGroups = 4;

/** Replayed images; each is drawn about ten times in a thousand steps. */
const mostReplayed = 100;

/**
 * Reads the images of a fine-tuning and says which of them validate: a fold of images that belong together is left out
 * of the training. Without enough groups, or where one of them has all nuclei, all images are learnt from, and validate as
 * well (`unseen` is false).
 *
 * @param onImage Called after each image with how many are read, and how many there are.
 * @throws {NucleateError} Exit code 3 for a dataset with problems or without a nucleus, and for a split that does not fit;
 *   2 for a channel or plane that is none.
 */
export async function readFinetuneData(
  { paths, labels, reading = {}, split: given, replay }: FinetuneDataset,
  {
    seed,
    intensity,
    onImage = () => {},
  }: {
    readonly seed: number;
    readonly intensity: TrainingConfig['data']['intensity'];
    readonly onImage?: ((done: number, total: number) => void) | undefined;
  },
): Promise<FinetuneData> {
  const { examples, sources, identity } = await readAll(paths, { labels, reading, intensity, onImage });
  requireNuclei(examples, paths.join(', '));

  const { split, warnings } = given
    ? { split: await readGiven(given.path, identity, examples), warnings: [] }
    : drawSplit(examples, identity, seed);
  const ofImage = (id: string) => split.images[id]!;
  const clustered = examples.map((example) => ({ ...example, cluster: ofImage(example.id).cluster }));
  const groups = new Map(examples.map(({ id }) => [id, ofImage(id).group]));
  const drawn = new Set(groups.values()).size < leastGroups ? undefined : foldToValidate(split, examples);
  const fold = given?.fold ?? drawn ?? 0;
  const unseen = given !== undefined || drawn !== undefined;
  const validates = ({ id }: Example) => !unseen || ofImage(id).fold === fold;
  const train = clustered.filter((example) => !unseen || !validates(example));
  const validation = clustered.filter(validates);
  requireBoth(train, validation, given);

  const older = replay === undefined ? undefined : await readReplay(replay, examples, { seed, intensity });
  return {
    sources: older ? [...sources, dataSource(older, older.identity, older.examples)] : sources,
    train: [...train, ...(older?.examples ?? [])],
    validation,
    unseen,
    groups,
    identity,
    splitSha256: hashOf([JSON.stringify(split.images), String(fold), String(unseen), older?.identity ?? '']),
    split,
    fold,
    // Where all are learnt from, their folds do not matter.
    warnings: [
      ...(paths.length > 1 ? samePixels(examples) : []),
      ...(unseen ? warnings : []),
      ...(older?.warnings ?? []),
    ],
    replayed: older?.examples.length ?? 0,
  };
}

/** The same images as another network sees them. */
export function withIntensity(
  data: FinetuneData,
  intensity: TrainingConfig['data']['intensity'],
): FinetuneData {
  const seenBy = (examples: readonly Example[]) =>
    examples.map(({ intensity: _, ...example }) => {
      const range = shownRange(example.image, intensity);
      return { ...example, ...(range && { intensity: range }) };
    });
  return { ...data, train: seenBy(data.train), validation: seenBy(data.validation) };
}

async function readAll(
  paths: readonly string[],
  {
    labels,
    reading,
    intensity,
    onImage,
  }: {
    labels: string | undefined;
    reading: Partial<DatasetReading>;
    intensity: TrainingConfig['data']['intensity'];
    onImage: (done: number, total: number) => void;
  },
) {
  const planes = planeChoice(reading, 'options of a dataset');
  const { data: keys, error } = DatasetReading.safeParse(reading);
  if (!keys) {
    throw new NucleateError({
      what: `How the datasets are read cannot be understood: ${z.prettifyError(error).split('\n').join(' ')}.`,
      hint: 'Check --channel, --plane and --category.',
      exitCode: exitCodes.usage,
    });
  }
  const dataset = await openDatasets(paths, { labels, ...masksOf(keys), planes });
  try {
    if (dataset.problems.length > 0) throw problemsError(dataset.path, dataset.problems);
    const examples: Example[] = [];
    for await (const example of readExamples(dataset, intensity)) {
      examples.push(shareExample(withoutUnreviewed(example)));
      onImage(examples.length, dataset.images.length);
    }
    const identity = await dataset.identity();
    return { examples, identity, sources: await sourcesOf(dataset, identity, examples) };
  } finally {
    await dataset.close();
  }
}

/**
 * Draws older images. Without those that are among the corrected ones, or copies of them: their nuclei may be others, and one that
 * validates would be learnt from.
 */
async function readReplay(
  path: string,
  corrected: readonly Example[],
  { seed, intensity }: { seed: number; intensity: TrainingConfig['data']['intensity'] },
) {
  const dataset = await openDataset(path);
  try {
    if (dataset.problems.length > 0) throw problemsError(path, dataset.problems);
    const drawn = new Set(
      randomFor(seed, 'replay')
        .shuffle([...dataset.images])
        .slice(0, mostReplayed),
    );
    const images = dataset.images.filter((entry) => drawn.has(entry));
    const examples: Example[] = [];
    for await (const example of readExamples({ images }, intensity))
      examples.push(
        shareExample({ ...withoutUnreviewed(example), id: `replay-${example.id}`, cluster: replayCluster }),
      );
    const sightings = sightingsOf(
      examples.map(({ image }) => fingerprintOf(image)),
      corrected.map(({ image }) => fingerprintOf(image)),
    );
    const others = examples.filter((_, index) => sightings[index] === undefined);
    if (others.length === 0) throw onlyCorrected(path);
    requireNuclei(others, path);
    const identity = await dataset.identity();
    return {
      ...{ path, licence: dataset.licence, examples: others, identity },
      warnings: leftOut(examples.length - others.length, examples.length),
    };
  } finally {
    await dataset.close();
  }
}

const onlyCorrected = (path: string) =>
  new NucleateError({
    what: 'All older images are among the corrected ones, or copies of them.',
    where: path,
    hint: 'Name other images with --replay, or leave it out.',
    exitCode: exitCodes.data,
  });

const leftOut = (count: number, all: number): Problem[] =>
  count === 0
    ? []
    : [
        {
          what: `${count} of ${all} older images are among the corrected ones, or copies of them: they are not learnt from again.`,
        },
      ];

/** A single image, and images with equal pixels, have nothing to be divided into. */
function drawSplit(
  examples: readonly Example[],
  dataset: string,
  seed: number,
): Pick<FinetuneData, 'split' | 'warnings'> {
  const signatures = examples.map(({ id, image }) => signatureOf(id, image));
  try {
    return splitImages(signatures, { dataset, seed });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const images = signatures.map(({ id, modality, pixelHash: pixels }): [string, SplitImage] => [
      id,
      { fold: 0, group: 0, cluster: modality, pixels },
    ]);
    return { split: { dataset, seed, folds: 1, images: Object.fromEntries(images) }, warnings: [] };
  }
}

/** The images of a split file, found by their ids, or by their pixels if it is of another dataset. */
async function readGiven(path: string, identity: string, examples: readonly Example[]): Promise<Split> {
  const split = await readSplit(path);
  const find = imageFinder(split, identity);
  const problems: Problem[] = typeof find === 'function' ? [] : [find];
  const images: [string, SplitImage][] = [];
  for (const { id, image } of typeof find === 'function' ? examples : []) {
    const found = (find as FindSplitImage)(id, () => pixelHashOf(image));
    if ('what' in found) problems.push(found);
    else images.push([id, found]);
  }
  if (problems.length === 0) return { ...split, dataset: identity, images: Object.fromEntries(images) };
  throw new NucleateError({
    what: 'The split does not match the dataset.',
    where: path,
    hint: 'Leave out --split: one is drawn. Or split this dataset with `nucleate data split`.',
    exitCode: exitCodes.data,
    problems: problems.slice(0, mostProblems),
  });
}

/** A split of another dataset lacks every image; a few are enough to see it. */
const mostProblems = 5;

/** Fraction of the nuclei that should validate: what is left out is not learnt, and a handful cannot tell. */
const validationShare = 0.1;

/**
 * The fold whose share of the nuclei is nearest to {@link validationShare}, as a ratio: images have one nucleus or a hundred. One
 * without nuclei cannot tell, and without the one that has them all there is nothing to learn: undefined if there are only such.
 */
function foldToValidate({ images, folds }: Split, examples: readonly Example[]): number | undefined {
  const nuclei = new Array<number>(folds).fill(0);
  for (const { id, instanceCount } of examples) nuclei[images[id]!.fold]! += instanceCount;
  const all = nuclei.reduce((sum, count) => sum + count, 0);
  if (Math.max(...nuclei) === all) return undefined;
  // A fold without nuclei is infinitely far away.
  const distances = nuclei.map((count) => Math.abs(Math.log(count / all / validationShare)));
  return distances.indexOf(Math.min(...distances));
}

function requireNuclei(examples: readonly Example[], path: string): void {
  if (examples.some(({ instanceCount }) => instanceCount > 0)) return;
  throw new NucleateError({
    what: 'The dataset has no nucleus to learn from.',
    where: path,
    hint: 'Mark nuclei in its images, or name another dataset.',
    exitCode: exitCodes.data,
  });
}

function requireBoth(
  train: readonly Example[],
  validation: readonly Example[],
  given: FinetuneDataset['split'],
): void {
  const hasNuclei = train.some(({ instanceCount }) => instanceCount > 0);
  if (hasNuclei && validation.length > 0) return;
  throw new NucleateError({
    what: hasNuclei
      ? `The validation fold ${given?.fold ?? 0} has no images.`
      : 'No nucleus is left to learn from beside the validation images.',
    ...(given && { where: given.path }),
    hint: given ? 'Choose another --fold.' : 'Mark nuclei in more images.',
    exitCode: exitCodes.data,
  });
}

function hashOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part}\n`);
  return hash.digest('hex');
}
