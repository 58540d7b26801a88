import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { DatasetReading, TrainingConfig } from '../../config/training.js';
import type { MaskChoice } from '../read/annotations/annotation.js';
import { knownDataset } from '../read/known-datasets.js';
import { planeChoice } from '../image/plane-choice.js';
import { readExamples } from '../read/dataset.js';
import { type Example, withoutUnreviewed } from '../read/example.js';
import { openDatasets } from '../read/joined-datasets.js';
import type { Dataset } from '../read/layout.js';
import { shareExample } from './shared-example.js';
import { problemsError } from '../read/problems.js';
import { signatureOf, type Signature } from '../split/signature.js';
import { imageFinder, type Split, type SplitImage, splitImages, type SplitResult } from '../split/split.js';
import { readSplit } from '../split/split-file.js';
import { exitCodes, NucleateError, type Problem } from '../../errors.js';
import { pixelHashOf } from '../image/pixel-hash.js';
import { randomFor } from '../../random.js';

/** The training and validation examples of a network, in memory that all threads share. */
export interface TrainingData {
  /** At least one, in the order of their ids; so are the validation examples. */
  readonly train: readonly Example[];
  readonly validation: readonly Example[];
  /** Whether no validation image is also a training image. */
  readonly unseen: boolean;
  /** Which images belong together, such as crops of one field, by id; empty without a split. */
  readonly groups: ReadonlyMap<string, number>;
  /** SHA-256 of the dataset, and of the folds and clusters of its split. */
  readonly identity: string;
  /** The datasets that the examples are from. */
  readonly sources: readonly DataSource[];
  readonly splitSha256: string;
  /** The split, if it was drawn; null if it is from a file. */
  readonly split: Split | null;
  /** About the split that was drawn. */
  readonly warnings: readonly Problem[];
}

/** A dataset of a training. */
export interface DataSource {
  /** The last part of its path. */
  readonly name: string;
  readonly sha256: string;
  /** Null where unknown. */
  readonly licence: string | null;
  /** Of its images. */
  readonly ids: ReadonlySet<string>;
}

/** What is recorded of a dataset that was read whole. */
export const dataSource = (
  { path, licence }: Pick<Dataset, 'path' | 'licence'>,
  sha256: string,
  examples: readonly Pick<Example, 'id'>[],
): DataSource => ({
  ...{ name: basename(path), licence, ...knownDataset(sha256) },
  sha256,
  ids: new Set(examples.map(({ id }) => id)),
});

export interface ReadTrainingOptions {
  readonly seed: number;
  readonly trained?: string | undefined;
  readonly onImage?: ((done: number, total: number) => void) | undefined;
}

/** The fold of each image; its group and cluster if there is a split. */
type Folds = ReadonlyMap<string, Pick<SplitImage, 'fold'> & Partial<SplitImage>>;

/** Folds that nucleate 0.1 drew if there was no split. */
const drawnFolds = 5;

/**
 * Reads the dataset of a config and divides it into training and validation examples: by the split file of the config, or
 * by a split that is drawn, in which images that belong together are in one fold.
 *
 * @param options.seed For drawing a split.
 * @param options.trained {@link datasetOf} the training that is continued or looked at again: nucleate 0.1 drew each image on
 *   its own, which is repeated if it was so.
 * @param options.onImage Called after each image with how many are read, and how many there are.
 * @throws {NucleateError} Exit code 3 for a dataset with problems, a split that lacks an image, and if no image is left for
 *   training or validation.
 */
export async function readTrainingData(
  config: TrainingConfig['data'],
  { seed, trained, onImage = () => {} }: ReadTrainingOptions,
): Promise<TrainingData> {
  const { path, more, labels, intensity } = config;
  const dataset = await openDatasets([path, ...more], {
    labels: labels === '' ? undefined : labels,
    ...masksOf(config),
    planes: planeChoice(config, 'config'),
  });
  try {
    if (dataset.problems.length > 0) throw problemsError(path, dataset.problems);
    const identity = await dataset.identity();
    const fixed = config.split === 'none' ? undefined : await foldsOfFile(config.split, dataset, identity);
    const examples: Example[] = [];
    const signatures: Signature[] = [];
    for await (const read of readExamples(dataset, intensity)) {
      if (fixed) fixed.add(read);
      else signatures.push(signatureOf(read.id, read.image));
      examples.push(shareExample(withoutUnreviewed(read)));
      onImage(examples.length, dataset.images.length);
    }
    const old = drawSingly(dataset, seed);
    const isOld = trained === datasetOf({ identity, splitSha256: hashOf(old) });
    const drawn = fixed || isOld ? undefined : draw(examples, signatures, { dataset: identity, seed });
    const folds: Folds = fixed ? fixed.folds() : drawn ? new Map(Object.entries(drawn.split.images)) : old;
    return {
      ...divide(examples, folds, config),
      groups: groupsOf(folds),
      identity,
      sources: await sourcesOf(dataset, identity, examples),
      splitSha256: hashOf(folds),
      split: drawn?.split ?? null,
      warnings: [...(dataset.parts ? samePixels(examples) : []), ...(drawn?.warnings ?? [])],
    };
  } finally {
    await dataset.close();
  }
}

/** How {@link openDatasets} is told what a config says. */
export const masksOf = ({ labelImages, background, categories }: DatasetReading): MaskChoice => ({
  labelImages: labelImages === 'auto' ? undefined : labelImages,
  ...{ background, categories },
});

/** What is recorded of a dataset, or of each of several that were opened as one. */
export async function sourcesOf(
  dataset: Dataset,
  identity: string,
  examples: readonly Example[],
): Promise<DataSource[]> {
  if (!dataset.parts) return [dataSource(dataset, identity, examples)];
  const sources: DataSource[] = [];
  for (const { dataset: part, ids } of dataset.parts)
    sources.push(
      dataSource(
        part,
        await part.identity(),
        examples.filter(({ id }) => ids.has(id)),
      ),
    );
  return sources;
}

/** Warns of images of several datasets that have the pixels of another. */
export function samePixels(examples: readonly Example[]): Problem[] {
  const first = new Map<string, string>();
  const pairs = examples.flatMap(({ id, image }) => {
    const pixels = pixelHashOf(image);
    const known = first.get(pixels);
    if (known === undefined) first.set(pixels, id);
    return known === undefined ? [] : [`${id} those of ${known}`];
  });
  if (pairs.length === 0) return [];
  const [pair] = pairs;
  const rest = pairs.length === 1 ? '' : `, and ${pairs.length - 1} more`;
  return [
    {
      what: `Images of several datasets have the same pixels: ${pair!}${rest}.`,
      hint: 'They count twice, perhaps with other nuclei; `nucleate data merge` keeps those of the first dataset.',
    },
  ];
}

/** How checkpoints and models name their data: the hash of the dataset and that of its folds. */
export const datasetOf = ({ identity, splitSha256 }: Pick<TrainingData, 'identity' | 'splitSha256'>) =>
  `${identity}/${splitSha256}`;

function divide(
  examples: readonly Example[],
  folds: Folds,
  config: TrainingConfig['data'],
): Pick<TrainingData, 'train' | 'validation' | 'unseen'> {
  const { path, validationFold, trainOnAll } = config;
  const train: Example[] = [];
  const validation: Example[] = [];
  for (const read of examples) {
    const { fold, cluster } = folds.get(read.id)!;
    const example = { ...read, ...(cluster !== undefined && { cluster }) };
    const validates = fold === validationFold;
    if (validates) validation.push(example);
    if (trainOnAll || !validates) train.push(example);
  }
  if (validation.length === 0) throw emptyFold(config, folds);
  if (train.length === 0) throw nothingLeft(path, validation.length);
  return { train, validation, unseen: !trainOnAll };
}

/** Facts about the data for `dataset.json` of a run. */
export function describeData(config: TrainingConfig['data'], data: TrainingData) {
  const part = (examples: readonly Example[]) => ({
    images: examples.length,
    nuclei: examples.reduce((sum, { instanceCount }) => sum + instanceCount, 0),
    ids: examples.map(({ id }) => id),
  });
  return {
    path: config.path,
    ...(config.more.length > 0 && { more: config.more }),
    sha256: data.identity,
    channel: config.channel,
    plane: config.plane,
    split: { path: config.split, sha256: data.splitSha256, validationFold: config.validationFold },
    validationIsUnseen: data.unseen,
    train: part(data.train),
    validation: part(data.validation),
  };
}

/**
 * The folds of a split file. If the dataset is not the one that was split, its images are found by their pixels as they
 * are read.
 *
 * @throws {NucleateError} Exit code 3 if the split lacks an image; `add` and `folds` throw it, too.
 */
async function foldsOfFile(path: string, { images }: Dataset, identity: string) {
  const split = await readSplit(path);
  const find = imageFinder(split, identity);
  const misfit = (problems: readonly Problem[]) =>
    new NucleateError({
      what: 'The split does not match the dataset.',
      where: path,
      hint:
        'Split this dataset with `nucleate data split` and set data.split to the file, or let the training split it with ' +
        '--set data.split=none.',
      exitCode: exitCodes.data,
      problems,
    });
  if (typeof find !== 'function') throw misfit([find]);
  const isSame = split.dataset === identity;
  const found = new Map<string, SplitImage>(isSame ? Object.entries(split.images) : []);
  const problems: Problem[] = [];
  const add = (id: string, pixels: () => string) => {
    const image = find(id, pixels);
    if (!('what' in image)) found.set(id, image);
    // A split of another dataset lacks every image; a few are enough to see it.
    else if (problems.push(image) === mostProblems) throw misfit(problems);
  };
  const folds = () => {
    if (problems.length > 0) throw misfit(problems);
    return found;
  };
  if (isSame) {
    for (const { id } of images) add(id, () => '');
    folds();
  }
  return { add: ({ id, image }: Example) => (isSame ? undefined : add(id, () => pixelHashOf(image))), folds };
}

const mostProblems = 5;

function draw(
  examples: readonly Example[],
  signatures: readonly Signature[],
  { dataset, seed }: { readonly dataset: string; readonly seed: number },
): SplitResult {
  const known = new Map(examples.map(({ id, cluster }) => [id, cluster === undefined ? {} : { cluster }]));
  return splitImages(signatures, { dataset, seed, known });
}

/** As nucleate 0.1 did. */
function drawSingly({ images }: Dataset, seed: number): Folds {
  const drawn = randomFor(seed, 'folds').shuffle(images.map(({ id }) => id));
  return new Map(drawn.map((id, index) => [id, { fold: index % drawnFolds }]));
}

const groupsOf = (folds: Folds): ReadonlyMap<string, number> =>
  new Map([...folds].flatMap(([id, { group }]) => (group === undefined ? [] : [[id, group] as const])));

/** Depends only on ids, folds and clusters, so it is the same if the split file is written again. */
function hashOf(folds: Folds): string {
  const hash = createHash('sha256');
  for (const [id, { fold, cluster = '' }] of [...folds].sort(([one], [other]) => (one < other ? -1 : 1)))
    hash.update(`${JSON.stringify([id, fold, cluster])}\n`);
  return hash.digest('hex');
}

function emptyFold({ path, validationFold }: TrainingConfig['data'], folds: Folds): NucleateError {
  const known = [...new Set([...folds.values()].map(({ fold }) => fold))].sort((a, b) => a - b);
  return new NucleateError({
    what: `The validation fold ${validationFold} has no images.`,
    where: path,
    hint: `Set data.validationFold to one of ${known.join(', ')}.`,
    exitCode: exitCodes.data,
  });
}

const nothingLeft = (path: string, images: number) =>
  new NucleateError({
    what: `No image is left for training: the validation fold has ${images === 1 ? 'the only image' : `all ${images} images`}.`,
    where: path,
    hint: 'Add images, or train on the validation images too with --set data.trainOnAll=true.',
    exitCode: exitCodes.data,
  });
