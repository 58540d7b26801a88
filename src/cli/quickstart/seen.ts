import path from 'node:path';
import type { ModelFile } from '../../config/model-file.js';
import type { Split } from '../../data/split/split.js';
import { validationFold } from './steps.js';

/** The split of the whole dataset; the folds of the sample are the same. */
export const wholeSplitName = 'dsb2018.json';

/**
 * Says whether a model was trained on the validation images of the sample.
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
  if (stages.includes('seen')) return `${name} was trained on them; its score on new images will be lower.`;
  if (stages.includes('unknown')) return `It is not recorded whether ${name} was trained on them.`;
  return `${name} was not trained on them either${tuned ? '; its thresholds were chosen on them as well' : ''}.`;
}
