import type { Mode } from '../engine/step.js';
import type { GroupedImage } from '../predict/held-out-score.js';
import type { ModelFile } from '../config/model-file.js';
import type { FoldData } from './out-of-fold.js';
import { collectWith, groupsWithSingles, tuneCandidates, type TunedModel } from './tune-model.js';

/**
 * Tunes an ensemble on out-of-fold predictions: each image is predicted by the networks that kept its fold for validation, one
 * fold after the other, and the settings are chosen on all images together. These are predictions of single networks: the
 * scores of fused boxes, which are lower where networks disagree, are not seen.
 *
 * @param onImage Called after each image with the number of images done.
 */
export async function tuneEnsemble(
  { assemble, predict }: Pick<ModelFile, 'assemble' | 'predict'>,
  folds: readonly FoldData[],
  {
    mode = 'compiled',
    onImage = () => {},
    onTried,
  }: {
    readonly mode?: Mode;
    readonly onImage?: (done: number) => void;
    readonly onTried?: (tried: number, best: number) => void;
  } = {},
): Promise<TunedModel> {
  const examples = folds.flatMap(({ data }) => data.validation);
  const groups = new Map(folds.flatMap(({ data }) => [...data.groups]));
  const groupOf = groupsWithSingles(examples, groups);
  const images: GroupedImage[] = [];
  for (const { networks, data } of folds) {
    const before = images.length;
    const found = await collectWith(networks, data.validation, {
      ...{ mode, predict, groupOf },
      onImage: (done) => onImage(before + done),
    });
    images.push(...found);
  }
  return tuneCandidates(images, assemble, onTried);
}
