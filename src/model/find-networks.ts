import { stat } from 'node:fs/promises';
import path from 'node:path';
import { AssembleSettings } from '../config/assemble.js';
import { PredictSettings } from '../config/predict.js';
import { exitCodes, NucleateError } from '../errors.js';
import type { Network, NetworkPair } from '../models/network.js';
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

/** All that `nucleate eval` needs to predict. */
export interface PairedNetworks extends Required<FoundNetworks> {
  /** What they are, in words. */
  readonly kind: string;
}

/**
 * Reads what is at a place: a model folder, a run (its best checkpoint) or a checkpoint.
 *
 * @returns undefined if it is none of them.
 * @throws {NucleateError} Exit code 6 if it is damaged, or of a task that finds no nuclei.
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
  if (found?.[stage]) return found as FoundNetworks & Pick<NetworkPair, Stage>;
  throw new NucleateError({
    what: `There is no ${stage} here.`,
    where: place,
    hint: `Name a run of \`nucleate train ${stage}\`, one of its checkpoints, or a model folder.`,
    exitCode: exitCodes.usage,
  });
}

/**
 * Gives a single network its other half.
 *
 * @param partner What `--with` names: it gives the network that the target lacks and, where it is a model folder, how
 *   it looks at images and puts nuclei together; a target with both networks needs none of it.
 * @param looks Take the place of how the model folder looks at images.
 * @throws {NucleateError} Exit code 2 if no network, or the wrong one, is at hand.
 */
export function pairNetworks(
  target: FoundNetworks,
  partner: FoundNetworks | undefined,
  looks: Partial<PredictSettings> = {},
): PairedNetworks {
  const { detector = partner?.detector, segmenter = partner?.segmenter } = target;
  if (!detector || !segmenter) {
    const [has, lacks] = detector ? ['detector', 'segmenter'] : ['segmenter', 'detector'];
    const what = partner
      ? `This is a ${has}, and so is what --with names: a ${lacks} is missing.`
      : `This is a ${has} alone: to find nuclei, it takes a ${lacks}, too.`;
    const hint = `Name a run of \`nucleate train ${lacks}\`, or a model folder: --with RUN_OR_MODEL.`;
    throw new NucleateError({ what, where: target.path, hint, exitCode: exitCodes.usage });
  }
  const predict = { ...(target.predict ?? partner?.predict ?? PredictSettings.parse({})), ...looks };
  const words = [`detector ${nameOf(detector)}`, `segmenter ${nameOf(segmenter)}`, ...describeTta(predict)];
  return {
    ...{ path: target.path, detector, segmenter, predict },
    assemble: target.assemble ?? partner?.assemble ?? AssembleSettings.parse({}),
    kind: words.join(', '),
  };
}

/** Whether a target takes its other network from `--with`. */
export const isHalf = ({ detector, segmenter }: FoundNetworks): boolean => !detector || !segmenter;

/**
 * Whether a network has trained on images of the data, which makes its score too good. The same fold of another split
 * is not found out.
 *
 * @param sha256 Of the data that is scored, see `TruthSource.identity`.
 * @param fold Whose images alone are scored; absent for all images.
 */
export function hasTrainedOn(
  { detector, segmenter }: PairedNetworks,
  { sha256, fold }: { readonly sha256: string; readonly fold: number | undefined },
): boolean {
  return [detector, segmenter].some(
    ({ origin, config: { data } }) =>
      origin.dataset.startsWith(`${sha256}/`) && (data.trainOnAll || fold !== data.validationFold),
  );
}

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
