import { imagesAtOnce } from '../engine/lanes.js';
import { inPlace } from '../errors.js';
import { mapConcurrently } from '../map-concurrently.js';
import type { Example } from '../data/read/example.js';
import { pasteCandidate } from '../predict/assemble/candidate.js';
import { type GroupedImage, heldOutScore, type HeldOutScore } from '../predict/held-out-score.js';
import { tunedValues, type TunedSettings, tuneSettings } from '../predict/tune-settings.js';
import type { AssembleSettings } from '../config/assemble.js';
import type { NetworkPair } from '../models/network.js';
import { NucleusPredictor, type NucleusPredictorOptions } from '../predict/nucleus-predictor.js';
import type { Model } from './model.js';

/** Lowest score threshold that is tried; candidates with a lower score are not needed. */
const minScore = Math.min(
  ...(tunedValues.find(({ key }) => key === 'scoreThreshold')!.values as readonly number[]),
);

/**
 * Runs the networks of a model on images with truth; the slow part, done once.
 *
 * @param onImage Called after each image with the number of images done.
 */
export async function collectCandidates(
  { predictor }: Pick<Model, 'predictor'>,
  examples: readonly Example[],
  groupOf: (id: string) => number,
  onImage: (done: number) => void = () => {},
): Promise<GroupedImage[]> {
  const images: GroupedImage[] = [];
  const each = mapConcurrently(examples, imagesAtOnce, async (example) => {
    const { id, image } = example;
    return { ...example, ...(await inPlace(id, () => predictor.candidates(image, minScore))) };
  });
  for await (const { id, image, labelImage, ignore, cluster, candidates } of each) {
    const pasted = candidates.map((candidate) => pasteCandidate(candidate, image));
    images.push({
      ...{ id, group: groupOf(id), truth: labelImage, pasted },
      ...(cluster !== undefined && { cluster }),
      ...(ignore && { ignore }),
    });
    onImage(images.length);
  }
  return images;
}

/** {@link collectCandidates} by networks that are built for it and freed again. */
export async function collectWith(
  networks: NetworkPair,
  examples: readonly Example[],
  {
    groupOf,
    onImage,
    ...options
  }: NucleusPredictorOptions & {
    readonly groupOf: (id: string) => number;
    readonly onImage: (done: number) => void;
  },
): Promise<GroupedImage[]> {
  const predictor = new NucleusPredictor(networks, options);
  try {
    return await collectCandidates({ predictor }, examples, groupOf, onImage);
  } finally {
    predictor.dispose();
  }
}

export interface TunedModel extends TunedSettings {
  /** null if all images are of one group. */
  readonly heldOut: HeldOutScore | null;
}

/**
 * Finds the settings of a model with the best score on some images (`tuneSettings`), and the score of settings chosen
 * this way on held-out images (`heldOutScore`).
 *
 * @param groups Group number of each image by id, for images that belong together, such as crops of one field; an image
 *   without one is a group of its own.
 */
export async function tuneModel(
  model: Model,
  examples: readonly Example[],
  {
    groups = new Map(),
    onImage,
    onTried,
  }: {
    readonly groups?: ReadonlyMap<string, number>;
    readonly onImage?: (done: number) => void;
    readonly onTried?: (tried: number, best: number) => void;
  } = {},
): Promise<TunedModel> {
  const images = await collectCandidates(model, examples, groupsWithSingles(examples, groups), onImage);
  return tuneCandidates(images, model.file.assemble, onTried);
}

/** {@link tuneModel} of candidates that were collected before. */
export async function tuneCandidates(
  images: readonly GroupedImage[],
  start: AssembleSettings,
  onTried?: (tried: number, best: number) => void,
): Promise<TunedModel> {
  const heldOut = await heldOutScore(images, start, onTried);
  return { ...(await tuneSettings(images, start, onTried)), heldOut };
}

/** The group of each image; those without one are groups of their own. */
export function groupsWithSingles(
  examples: readonly Pick<Example, 'id'>[],
  groups: ReadonlyMap<string, number>,
): (id: string) => number {
  const ownGroups = new Map(examples.map(({ id }, index) => [id, -1 - index]));
  return (id) => groups.get(id) ?? ownGroups.get(id)!;
}
