/** An ensemble whose networks were trained on different folds, each used for the images that it has not seen. */
import type { AssembleSettings } from '../config/assemble.js';
import type { PredictSettings } from '../config/predict.js';
import { datasetOf, readTrainingData, type TrainingData } from '../data/loader/training-data.js';
import type { Mode } from '../engine/step.js';
import { exitCodes, NucleateError } from '../errors.js';
import type { PredictionSource, TruthSource } from '../eval/sources/source.js';
import type { AskedScale } from '../predict/diameter.js';
import { NucleusPredictor } from '../predict/nucleus-predictor.js';
import type { NetworkPair } from '../models/network.js';
import { predictedInstances } from './predicted-instances.js';

/** The networks of an ensemble that have not seen one fold. */
interface FoldNetworks {
  readonly fold: number;
  readonly networks: NetworkPair;
}

/**
 * Sorts the networks of an ensemble by the fold that each kept for validation.
 *
 * @param where The ensemble, for messages.
 * @throws {NucleateError} Exit code 2 if it is none, a fold lacks a detector or a segmenter, a network was trained on all
 *   images, or not all were trained on the same data and folds.
 */
function networksByFold(pair: NetworkPair, where: string): readonly FoldNetworks[] {
  const detectors = [pair.detector, ...(pair.others?.detectors ?? [])];
  const segmenters = [pair.segmenter, ...(pair.others?.segmenters ?? [])];
  const wrong = (what: string, hint: string) =>
    new NucleateError({ what, where, hint, exitCode: exitCodes.usage });
  if (!pair.others)
    throw wrong('This is no ensemble.', 'Pack one detector and one segmenter of each fold: --more RUN.');
  const all = [...detectors, ...segmenters];
  if (all.some(({ config }) => config.data.trainOnAll)) {
    const hint = 'Pack networks that were trained without data.trainOnAll.';
    throw wrong('A network of the ensemble was trained on all images.', hint);
  }
  if (all.some(({ origin }) => origin.dataset !== detectors[0]!.origin.dataset)) {
    const hint = 'Train all of them with the same data and the same split.';
    throw wrong('The networks of the ensemble were trained on different data or folds.', hint);
  }
  const folds = [...new Set(all.map(({ config }) => config.data.validationFold))].sort((a, b) => a - b);
  return folds.map((fold) => {
    const [detector, ...moreDetectors] = detectors.filter(
      ({ config }) => config.data.validationFold === fold,
    );
    const [segmenter, ...moreSegmenters] = segmenters.filter(
      ({ config }) => config.data.validationFold === fold,
    );
    if (!detector || !segmenter) {
      const what = `The ensemble has no ${detector ? 'segmenter' : 'detector'} that was trained without fold ${fold}.`;
      throw wrong(what, 'Pack one detector and one segmenter of each fold.');
    }
    const others = { detectors: moreDetectors, segmenters: moreSegmenters };
    const isSeveral = moreDetectors.length + moreSegmenters.length > 0;
    return { fold, networks: { detector, segmenter, ...(isSeveral && { others }) } };
  });
}

/** The validation images of each fold, and networks that have not seen them. */
export interface FoldData extends FoldNetworks {
  readonly data: Pick<TrainingData, 'validation' | 'groups'>;
}

/**
 * Reads the images of each fold of an ensemble.
 *
 * @param changes Where the data are now, in place of what the config of the first detector says.
 * @throws {NucleateError} As {@link networksByFold} and `readTrainingData`; exit code 3 for other data or folds than those of the
 *   training.
 */
export async function readFolds(
  pair: NetworkPair,
  where: string,
  changes: Partial<NetworkPair['detector']['config']['data']> = {},
): Promise<readonly FoldData[]> {
  const { config, origin } = pair.detector;
  const folds: FoldData[] = [];
  for (const { fold, networks } of networksByFold(pair, where)) {
    const source = { ...config.data, ...changes, validationFold: fold };
    const read = await readTrainingData(source, { seed: config.seed, trained: origin.dataset });
    if (datasetOf(read) !== origin.dataset) {
      throw new NucleateError({
        what: 'The data or their folds are not those that the ensemble was trained on, so it is unknown which images are new to a network.',
        where: source.path,
        hint: 'Name the same dataset and the same split.',
        exitCode: exitCodes.data,
      });
    }
    folds.push({ fold, networks, data: read });
  }
  return folds;
}

export interface OutOfFoldOptions {
  readonly mode?: Mode;
  readonly assemble: AssembleSettings;
  readonly predict: PredictSettings;
  readonly scale?: AskedScale | undefined;
}

/**
 * The predictions of an ensemble for `nucleate eval`, each image by the networks that were not trained on it. The runtime must
 * have been started; closing frees the networks.
 *
 * @throws {NucleateError} On reading, exit code 3 for an image that is in no fold.
 */
export function outOfFoldPrediction(
  path: string,
  folds: readonly FoldData[],
  truth: TruthSource,
  { mode = 'compiled', assemble, predict, scale }: OutOfFoldOptions,
): PredictionSource {
  const foldOf = new Map(folds.flatMap((fold) => fold.data.validation.map(({ id }) => [id, fold] as const)));
  // Images of all folds are mixed, so the networks of a fold stay once they are built.
  const built = new Map<number, NucleusPredictor>();
  const predictorOf = ({ fold, networks }: FoldNetworks) => {
    const predictor = built.get(fold) ?? new NucleusPredictor(networks, { mode, predict });
    built.set(fold, predictor);
    return predictor;
  };
  return {
    path,
    kind: `ensemble, out of fold: ${folds.length} folds`,
    ids: truth.ids,
    dataHash: null,
    async read(id) {
      const fold = foldOf.get(id);
      const image = fold && (await truth.readImage(id));
      if (!fold || !image) {
        throw new NucleateError({
          what: fold
            ? 'A model needs images, but the truth has only label images.'
            : `The image ${id} is in none of the folds that the ensemble has networks for.`,
          where: truth.path,
          hint: 'Name the dataset that the ensemble was trained on.',
          exitCode: exitCodes.data,
        });
      }
      const { detector } = fold.networks;
      return predictedInstances(predictorOf(fold), image, { detector, assemble, scale });
    },
    close: () => {
      for (const predictor of built.values()) predictor.dispose();
      return Promise.resolve();
    },
  };
}
