import type { ModelFile } from '../../config/model-file.js';
import { openDataset, readExamples } from '../../data/read/dataset.js';
import { fingerprintOf } from '../../data/split/fingerprint.js';
import { hasHistory, seenImages, trainedSentence } from '../../model/seen-images.js';

/**
 * Says whether a model was trained on some images of a dataset.
 *
 * @param ids Of the images.
 * @throws {NucleateError} Exit code 3 if one cannot be read.
 */
export async function seenSentence(model: ModelFile, data: string, ids: readonly string[]): Promise<string> {
  const { name, tuned } = model;
  if (!hasHistory(model)) return `It is not recorded whether ${name} was trained on them.`;
  const dataset = await openDataset(data);
  try {
    const images = dataset.images.filter(({ id }) => ids.includes(id));
    const fingerprints = [];
    for await (const { image } of readExamples({ images })) fingerprints.push(fingerprintOf(image));
    const thresholds = tuned ? '; its thresholds were chosen on images of these kinds' : '';
    return (
      trainedSentence(seenImages(model, fingerprints), name) ??
      `${name} was not trained on them either${thresholds}.`
    );
  } finally {
    await dataset.close();
  }
}
