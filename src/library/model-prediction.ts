import { stat } from 'node:fs/promises';
import path from 'node:path';
import { exitCodes, NucleateError } from '../errors.js';
import type { PredictionSource, TruthSource } from '../eval/sources/source.js';
import { buildModel } from './model.js';
import { readModelFolder } from './model-folder.js';

/** Whether a path is a folder of `nucleate model pack`. */
export const isModelFolder = (folder: string): Promise<boolean> =>
  stat(path.join(folder, 'model.json')).then(
    (found) => found.isFile(),
    () => false,
  );

/**
 * A model as a set of predictions: each image of the truth is segmented when it is asked for. The runtime must have
 * been started; closing frees the networks.
 *
 * @throws {NucleateError} Exit code 6 for a model that cannot be read; when an image is asked for, exit code 3 if the
 *   truth has no images.
 */
export async function modelPrediction(folder: string, truth: TruthSource): Promise<PredictionSource> {
  const model = buildModel(await readModelFolder(folder));
  const read = async (id: string) => {
    const image = await truth.readImage(id);
    if (image) return image;
    throw new NucleateError({
      what: `A model needs images, and the truth holds label images alone.`,
      where: truth.path,
      mend: 'Give --data a dataset with its images.',
      exitCode: exitCodes.data,
    });
  };
  return {
    path: folder,
    kind: 'a model',
    ids: truth.ids,
    dataHash: null,
    read: async (id) => {
      const { labelImage } = await model.segment(await read(id));
      return { labelImage, pixelless: 0, overlapPixels: 0 };
    },
    readBoxes: async (id) => {
      const { detections } = await model.predictor.detect(await read(id));
      return {
        predBoxes: Float32Array.from(detections.flatMap(({ box: { x1, y1, x2, y2 } }) => [x1, y1, x2, y2])),
        scores: Float32Array.from(detections, ({ score }) => score),
      };
    },
    close: () => Promise.resolve(model.dispose()),
  };
}
