import { signatureOf, type Signature } from '../../../data/split/signature.js';
import { splitImages, type Split } from '../../../data/split/split.js';
import type { Dataset } from '../../../data/read/layout.js';

/** The fold of the images that measure the model, and that of those that are learnt from. */
export const controlFold = 0;
const learntFold = 1;

/**
 * A split whose first fold are the images that measure the model, and those that belong together with one of them.
 *
 * @param isControl Whether the image of this file measures the model.
 * @returns Null unless there are images of both kinds.
 * @throws {NucleateError} Exit code 3 for an image that cannot be read.
 */
export async function splitOffControls(
  dataset: Dataset,
  isControl: (file: string) => boolean,
  seed: number,
): Promise<Split | null> {
  const signatures: Signature[] = [];
  for (const entry of dataset.images) signatures.push(signatureOf(entry.id, (await entry.read()).image));
  if (signatures.length < 2) return null;
  const { split } = splitImages(signatures, { dataset: await dataset.identity(), folds: undefined, seed });
  const controls = dataset.images.filter(({ place }) => isControl(place));
  const groups = new Set(controls.map(({ id }) => split.images[id]!.group));
  const images = Object.entries(split.images).map(([id, image]) => {
    const fold = groups.has(image.group) ? controlFold : learntFold;
    return [id, { ...image, fold }] as const;
  });
  if (new Set(images.map(([, { fold }]) => fold)).size < 2) return null;
  return { ...split, folds: 2, images: Object.fromEntries(images) };
}
