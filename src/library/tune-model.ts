import type { Example } from '../data/example.js';
import { pasteCandidate } from '../predict/assemble/candidate.js';
import { type TunedImage, tunedValues, type TunedSettings, tuneSettings } from '../predict/tune-settings.js';
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
async function collectCandidates(
  { predictor }: Pick<Model, 'predictor'>,
  examples: readonly Example[],
  onImage: (done: number) => void = () => {},
): Promise<TunedImage[]> {
  const images: TunedImage[] = [];
  for (const { id, image, labelImage, ignore } of examples) {
    const { candidates } = await predictor.candidates(image, leastScore);
    const pasted = candidates.map((candidate) => pasteCandidate(candidate, image));
    images.push({ id, truth: labelImage, pasted, ...(ignore && { ignore }) });
    onImage(images.length);
  }
  return images;
}

/** Finds the settings of a model that score best on images; see `tuneSettings`. */
export async function tuneModel(
  model: Model,
  examples: readonly Example[],
  {
    onImage,
    onTried,
  }: {
    readonly onImage?: (done: number) => void;
    readonly onTried?: (tried: number, best: number) => void;
  } = {},
): Promise<TunedSettings> {
  const images = await collectCandidates(model, examples, onImage);
  return tuneSettings(images, model.file.assemble, onTried);
}
