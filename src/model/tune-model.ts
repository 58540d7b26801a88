import type { Example } from '../data/read/example.js';
import { pasteCandidate } from '../predict/assemble/candidate.js';
import { type GroupedImage, heldOutScore, type HeldOutScore } from '../predict/held-out-score.js';
import { tunedValues, type TunedSettings, tuneSettings } from '../predict/tune-settings.js';
import type { Model } from './model.js';

/** Lowest score that is tried: less sure candidates need not be cut out. */
const leastScore = Math.min(
  ...(tunedValues.find(({ key }) => key === 'scoreThreshold')!.values as readonly number[]),
);

/**
 * What the networks of a model say about images with truth; the slow part, done once.
 *
 * @param onImage Told after each image how many are done.
 */
export async function collectCandidates(
  { predictor }: Pick<Model, 'predictor'>,
  examples: readonly Example[],
  groupOf: (id: string) => number,
  onImage: (done: number) => void = () => {},
): Promise<GroupedImage[]> {
  const images: GroupedImage[] = [];
  for (const { id, image, labelImage, ignore, cluster } of examples) {
    const { candidates } = await predictor.candidates(image, leastScore);
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
  /** Null where all images are of one group. */
  readonly heldOut: HeldOutScore | null;
}

/**
 * Finds the settings of a model that score best on images (`tuneSettings`), and what such settings score on images that
 * did not choose them (`heldOutScore`).
 *
 * @param groups Which images belong together, such as crops of one field, by id; one that is absent stands for itself.
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
  const alone = new Map(examples.map(({ id }, index) => [id, -1 - index]));
  const images = await collectCandidates(model, examples, (id) => groups.get(id) ?? alone.get(id)!, onImage);
  const heldOut = await heldOutScore(images, model.file.assemble, onTried);
  return { ...(await tuneSettings(images, model.file.assemble, onTried)), heldOut };
}
