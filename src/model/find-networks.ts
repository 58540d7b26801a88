import { stat } from 'node:fs/promises';
import path from 'node:path';
import { AssembleSettings } from '../config/assemble.js';
import { PredictSettings } from '../config/predict.js';
import { exitCodes, NucleateError } from '../errors.js';
import type { Network, NetworkPair, OtherNetworks } from '../models/network.js';
import { type AskedScale, describeScale } from '../predict/diameter.js';
import { describeTta } from '../predict/tta.js';
import { networksOf, readModelFolder } from './model-folder.js';
import { readDetector, readSegmenter, readTask } from './trained-network.js';

/** The networks of a place: both of a model folder, or the one of a run or a checkpoint. */
export interface FoundNetworks extends Partial<NetworkPair> {
  /** As the user named it. */
  readonly path: string;
  /** Of a model folder. */
  readonly assemble?: AssembleSettings;
  /** Of a model folder. */
  readonly predict?: PredictSettings;
}

/** Both networks with their settings: everything that `nucleate eval` needs to predict. */
export interface PairedNetworks extends Required<Omit<FoundNetworks, 'others'>> {
  /** Further networks of an ensemble. */
  readonly others?: OtherNetworks | undefined;
  /** Absent: as in training, or what a second pass finds. */
  readonly scale?: AskedScale;
  /** Description for users. */
  readonly kind: string;
}

/**
 * Reads what is at a place: a model folder, a run (its best checkpoint) or a checkpoint.
 *
 * @returns undefined if it is none of them.
 * @throws {NucleateError} Exit code 6 if it is damaged, or is of an unknown task.
 */
export async function findNetworks(place: string): Promise<FoundNetworks | undefined> {
  if (await isFile(path.join(place, 'model.json'))) {
    const stored = await readModelFolder(place);
    const { assemble, predict } = stored.file;
    return { path: place, ...networksOf(stored), assemble, predict };
  }
  if (!(await isRunOrCheckpoint(place))) return undefined;
  return (await readTask(place)) === 'segmenter'
    ? { path: place, segmenter: await readSegmenter(place) }
    : { path: place, detector: await readDetector(place) };
}

/**
 * Reads what is at a place, which must have a network of one stage: {@link findNetworks}.
 *
 * @throws {NucleateError} Exit code 2 if it has none; 6 if it is damaged.
 */
export async function findStage<Stage extends keyof NetworkPair>(
  place: string,
  stage: Stage,
): Promise<FoundNetworks & Pick<NetworkPair, Stage>> {
  const found = await findNetworks(place);
  if (found?.others) throw severalNetworks(place);
  if (found?.[stage]) return found as FoundNetworks & Pick<NetworkPair, Stage>;
  throw new NucleateError({
    what: `There is no ${stage} here.`,
    where: place,
    hint: `Name a run of \`nucleate train ${stage}\`, one of its checkpoints, or a model folder.`,
    exitCode: exitCodes.usage,
  });
}

/** How the networks predict. */
export interface PairSettings {
  /** In place of the settings of the model folder. */
  readonly predict?: Partial<PredictSettings>;
  readonly scale?: AskedScale;
}

/**
 * Completes a single network with the network of the other stage.
 *
 * @param partner Read from the path after `--with`: gives the network that the target lacks and, if it is a model
 *   folder, its settings. Not used for a target with both networks.
 * @throws {NucleateError} Exit code 2 if a network is missing.
 */
export function pairNetworks(
  target: FoundNetworks,
  partner: FoundNetworks | undefined,
  { predict: changed, scale = {} }: PairSettings = {},
): PairedNetworks {
  const { detector = partner?.detector, segmenter = partner?.segmenter } = target;
  if (!detector || !segmenter) {
    const [has, lacks] = detector ? ['detector', 'segmenter'] : ['segmenter', 'detector'];
    const what = partner
      ? `This is a ${has}, and --with names a ${has} as well: a ${lacks} is missing.`
      : `This is only a ${has}: to find nuclei, a ${lacks} is needed as well.`;
    const hint = `Name a run of \`nucleate train ${lacks}\`, or a model folder: --with RUN_OR_MODEL.`;
    throw new NucleateError({ what, where: target.path, hint, exitCode: exitCodes.usage });
  }
  const predict = { ...(target.predict ?? partner?.predict ?? PredictSettings.parse({})), ...changed };
  const { others } = target;
  const words = others
    ? [
        ...[
          `ensemble of ${1 + others.detectors.length} detectors, ${1 + others.segmenters.length} segmenters`,
        ],
      ]
    : [`detector ${nameOf(detector)}`, `segmenter ${nameOf(segmenter)}`];
  return {
    ...{ path: target.path, detector, segmenter, predict, scale, ...(others && { others }) },
    assemble: target.assemble ?? partner?.assemble ?? AssembleSettings.parse({}),
    kind: [...words, ...describeTta(predict), ...describeScale(scale)].join(', '),
  };
}

/** Whether a target has only one of the two networks, and takes the other from `--with`. */
export const isHalf = ({ detector, segmenter }: FoundNetworks): boolean => !detector || !segmenter;

/**
 * Whether a network was trained on images of the data, so that its score is optimistic. Compares the number of the fold,
 * not its images: the same number in another split is not noticed.
 *
 * @param sha256 Of the data that is scored, see `TruthSource.identity`.
 * @param fold The fold that is scored; absent for all images.
 */
export function hasTrainedOn(
  { detector, segmenter, others }: PairedNetworks,
  { sha256, fold }: { readonly sha256: string; readonly fold: number | undefined },
): boolean {
  return [detector, segmenter, ...(others?.detectors ?? []), ...(others?.segmenters ?? [])].some(
    ({ origin, config: { data } }) =>
      origin.dataset.startsWith(`${sha256}/`) && (data.trainOnAll || fold !== data.validationFold),
  );
}

/** The error where one network of a stage is needed, and an ensemble has several. */
export const severalNetworks = (where: string) =>
  new NucleateError({
    what: 'This is an ensemble of several networks, and one of them is needed here.',
    where,
    hint: 'Name one of the runs that it was packed from; its README.md lists them.',
    exitCode: exitCodes.usage,
  });

const nameOf = ({ origin: { run, step } }: Network<unknown>) => `${run} at step ${step}`;

async function isRunOrCheckpoint(place: string): Promise<boolean> {
  const isRun = await stat(path.join(place, 'checkpoints')).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return (
    isRun || ((await isFile(path.join(place, 'manifest.json'))) && isFile(path.join(place, 'state.json')))
  );
}

const isFile = (file: string): Promise<boolean> =>
  stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
