/** Assembly settings for images unlike those of the training: chosen on models that have not seen the kind they are scored on. */
import type { AssembleSettings } from '../config/assemble.js';
import { readTrainingData } from '../data/loader/training-data.js';
import { openDataset, readExamples } from '../data/read/dataset.js';
import type { Example } from '../data/read/example.js';
import type { Mode } from '../engine/step.js';
import { exitCodes, NucleateError } from '../errors.js';
import type { GroupedImage } from '../predict/held-out-score.js';
import { scoreSettings } from '../predict/tune-settings.js';
import { type ModelFolder, networksOf, readModelFolder } from './model-folder.js';
import { collectWith, groupsWithSingles, tuneCandidates, type TunedModel } from './tune-model.js';

/** A model, and images that it has not seen. */
export interface TunePair {
  /** As the user wrote it. */
  readonly name: string;
  readonly model: ModelFolder;
  /** At least one. */
  readonly examples: readonly Example[];
  /** Group number by id, as in `tuneModel`. */
  readonly groups: ReadonlyMap<string, number>;
}

/**
 * Reads `MODEL@DATASET`, all images of the dataset, or `MODEL`, the validation images of its detector.
 *
 * @throws {NucleateError} Exit code 2 for an ensemble or a detector that left nothing out, 3 for a dataset that cannot be read or has no images, 6 for a damaged model.
 */
export async function readPair(written: string): Promise<TunePair> {
  const at = written.indexOf('@');
  const place = at === -1 ? written : written.slice(0, at);
  const model = await readModelFolder(place);
  if (model.others) throw wrong('A pair needs a model with one detector and one segmenter.', place);
  const { config, origin } = model.file.detector;
  if (at === -1) {
    if (config.data.trainOnAll)
      throw wrong('The detector of this model was trained on all images: none is left to tune on.', place);
    const { validation, groups } = await readTrainingData(config.data, {
      seed: config.seed,
      trained: origin.dataset,
    });
    return { name: written, model, examples: validation, groups };
  }
  const dataset = await openDataset(written.slice(at + 1));
  try {
    const examples: Example[] = [];
    for await (const example of readExamples(dataset)) examples.push(example);
    if (examples.length === 0) throw noImages(dataset.path);
    return { name: written, model, examples, groups: new Map() };
  } finally {
    await dataset.close();
  }
}

/** The score of one pair, with the settings of before and with the chosen ones. */
export interface PairScore {
  readonly name: string;
  readonly images: number;
  readonly before: number;
  readonly after: number;
}

/**
 * Finds the settings with the highest mean over the pairs of their mean challenge scores, so that each pair counts the same
 * however many images it has. Each model predicts its own images in the way it was packed with (flips, zoom).
 *
 * @param start Settings to begin with.
 * @param onImage Called after each image with the number of images done.
 */
export async function tunePairs(
  pairs: readonly TunePair[],
  start: AssembleSettings,
  {
    mode = 'compiled',
    onImage = () => {},
    onTried,
  }: {
    readonly mode?: Mode;
    readonly onImage?: (done: number) => void;
    readonly onTried?: (tried: number, best: number) => void;
  } = {},
): Promise<TunedModel & { readonly pairs: readonly PairScore[] }> {
  const found: GroupedImage[][] = [];
  let done = 0;
  for (const { name, model, examples, groups } of pairs) {
    const before = done;
    const images = await collectWith(networksOf(model), examples, {
      ...{ mode, predict: model.file.predict, groupOf: groupsWithSingles(examples, groups) },
      onImage: (count) => onImage(before + count),
    });
    done += images.length;
    found.push(images.map((image) => ({ ...image, cluster: name, weight: 1 / images.length })));
  }
  const tuned = await tuneCandidates(withDistinctNames(found), start, onTried);
  const scores = found.map((images, index) => ({
    name: pairs[index]!.name,
    images: images.length,
    before: scoreSettings(images, start),
    after: scoreSettings(images, tuned.settings),
  }));
  return { ...tuned, pairs: scores };
}

/** Ids and groups of different pairs are told apart; the same image in two pairs stays in one half. */
function withDistinctNames(found: readonly GroupedImage[][]): GroupedImage[] {
  const numbers = new Map<string, number>();
  return found.flatMap((images, pair) =>
    images.map((image) => {
      const key = `${pair} ${image.group}`;
      if (!numbers.has(key)) numbers.set(key, numbers.size);
      return { ...image, id: `${pair} ${image.id}`, group: numbers.get(key)! };
    }),
  );
}

const noImages = (where: string) =>
  new NucleateError({
    what: 'The dataset has no image.',
    where,
    hint: 'Name a dataset with at least one annotated image.',
    exitCode: exitCodes.data,
  });

const wrong = (what: string, where: string) =>
  new NucleateError({
    what,
    where,
    hint: 'Name a model that left images out, or images that it has not seen: MODEL@DATASET.',
    exitCode: exitCodes.usage,
  });
