import path from 'node:path';
import type { ModelFile } from '../../config/model-file.js';
import type { Split } from '../../data/split/split.js';
import { validationFold } from './steps.js';

/** The split of the whole set, of which the folds of the sample are a part. */
export const wholeSplitName = 'dsb2018.json';

/**
 * What a model knows of the images of the sample that validate, as a sentence.
 *
 * @param whole The split named {@link wholeSplitName}.
 */
export function seenSentence({ name, detector, segmenter, tuned }: ModelFile, whole: Split): string {
  const stages = [detector, segmenter].map(({ config: { data }, origin }) => {
    if (data.trainOnAll) return 'seen';
    const isOfWhole =
      origin.dataset.startsWith(whole.dataset) && path.basename(data.split) === wholeSplitName;
    return isOfWhole && data.validationFold === validationFold ? 'unseen' : 'unknown';
  });
  if (stages.includes('seen'))
    return `${name} has been trained on them: on other images its score will be lower.`;
  if (stages.includes('unknown')) return `Whether ${name} has been trained on them is not recorded.`;
  return `${name} has not been trained on them either${tuned ? ', and its thresholds were chosen with them as well' : ''}.`;
}
