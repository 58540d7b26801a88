import { createHash } from 'node:crypto';
import type { TrainingConfig } from '../../config/training.js';
import { openDataset, readExamples } from '../read/dataset.js';
import type { Example } from '../read/example.js';
import type { Dataset } from '../read/layout.js';
import { shareExample } from './shared-example.js';
import { problemsError } from '../read/problems.js';
import { type SplitImage, splitProblems } from '../split/split.js';
import { readSplit } from '../split/split-file.js';
import { exitCodes, NucleateError } from '../../errors.js';
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
  readonly splitSha256: string;
}

/** The fold of each image; its group and cluster if there is a split. */
type Folds = ReadonlyMap<string, Pick<SplitImage, 'fold'> & Partial<SplitImage>>;

/** Folds that are drawn if there is no split. */
const drawnFolds = 5;

/**
 * Reads the dataset of a config and divides it into training and validation examples.
 *
 * @param seed For drawing the folds if the config names no split.
 * @param onImage Called after each image with how many are read, and how many there are.
 * @throws {NucleateError} Exit code 3 for a dataset with problems, a split of another dataset, and if no image is left for
 *   training or validation.
 */
export async function readTrainingData(
  config: TrainingConfig['data'],
  seed: number,
  onImage: (done: number, total: number) => void = () => {},
): Promise<TrainingData> {
  const { path, labels, validationFold, trainOnAll, intensity } = config;
  const dataset = await openDataset(path, { labels: labels === '' ? undefined : labels });
  try {
    if (dataset.problems.length > 0) throw problemsError(path, dataset.problems);
    const identity = await dataset.identity();
    const folds =
      config.split === 'none' ? drawFolds(dataset, seed) : await readFolds(config.split, dataset, identity);
    const train: Example[] = [];
    const validation: Example[] = [];
    let done = 0;
    for await (const read of readExamples(dataset, intensity)) {
      const { fold, cluster } = folds.get(read.id)!;
      const example = shareExample({ ...read, ...(cluster !== undefined && { cluster }) });
      const validates = fold === validationFold;
      if (validates) validation.push(example);
      if (trainOnAll || !validates) train.push(example);
      onImage(++done, dataset.images.length);
    }
    if (validation.length === 0) throw emptyFold(config, folds);
    if (train.length === 0) throw nothingLeft(path, validation.length);
    const groups = groupsOf(folds);
    return { train, validation, unseen: !trainOnAll, groups, identity, splitSha256: hashOf(folds) };
  } finally {
    await dataset.close();
  }
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
    sha256: data.identity,
    split: { path: config.split, sha256: data.splitSha256, validationFold: config.validationFold },
    validationIsUnseen: data.unseen,
    train: part(data.train),
    validation: part(data.validation),
  };
}

async function readFolds(path: string, { images }: Dataset, identity: string): Promise<Folds> {
  const split = await readSplit(path);
  const problems = splitProblems(
    split,
    identity,
    images.map(({ id }) => id),
  );
  if (problems.length > 0) {
    throw new NucleateError({
      what: 'The split does not match the dataset.',
      where: path,
      hint:
        'Split this dataset with `nucleate data split` and set data.split to the file, or draw folds at random with ' +
        '--set data.split=none.',
      exitCode: exitCodes.data,
      problems: problems.slice(0, mostProblems),
    });
  }
  return new Map(Object.entries(split.images));
}

/** A split of another dataset lacks every image; a few are enough to see it. */
const mostProblems = 5;

function drawFolds({ images }: Dataset, seed: number): Folds {
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
