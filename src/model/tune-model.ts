import { inPlace } from '../errors.js';
import type { Example } from '../data/read/example.js';
import { pasteCandidate } from '../predict/assemble/candidate.js';
import { type GroupedImage, heldOutScore, type HeldOutScore } from '../predict/held-out-score.js';
import { tunedValues, type TunedSettings, tuneSettings } from '../predict/tune-settings.js';
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
  for (const { id, image, labelImage, ignore, cluster } of examples) {
    const { candidates } = await inPlace(id, () => predictor.candidates(image, minScore));
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
  const ownGroups = new Map(examples.map(({ id }, index) => [id, -1 - index]));
  const images = await collectCandidates(
    model,
    examples,
    (id) => groups.get(id) ?? ownGroups.get(id)!,
    onImage,
  );
  const heldOut = await heldOutScore(images, model.file.assemble, onTried);
  return { ...(await tuneSettings(images, model.file.assemble, onTried)), heldOut };
}
