import type { Mode } from '../engine/step.js';
import type { DeviceChoice } from '../engine/device.js';
import { startRuntime } from '../engine/runtime.js';
import type { AssembleSettings } from '../config/assemble.js';
import type { PredictSettings } from '../config/predict.js';
import type { Pixels } from '../data/image/stored-image.js';
import type { ModelFile } from '../config/model-file.js';
import type { Segmentation } from '../predict/assemble/segmentation.js';
import type { NucleusPredictor } from '../predict/nucleus-predictor.js';
import { buildPredictor } from './build-predictor.js';
import { type ModelFolder, readModelFolder } from './model-folder.js';

/** A model that is ready to segment images. */
export interface Model {
  readonly file: ModelFile;
  readonly predictor: NucleusPredictor;
  /**
   * Finds the nuclei of an image, with the model's own settings where none are given.
   *
   * @param onProgress Told the share of the work that is done, 0 to 1, now and then.
   */
  segment(
    image: Pixels,
    settings?: Partial<AssembleSettings>,
    onProgress?: (share: number) => void,
  ): Promise<Segmentation>;
  /** Frees the networks. */
  dispose(): void;
}

export interface ModelOptions {
  /** How it looks at images; what is absent is the model's own. */
  readonly predict?: Partial<PredictSettings>;
}

/**
 * Makes the networks of a model folder; the runtime must have been started.
 *
 * @throws {NucleateError} Exit code 6 if the weights do not fit the networks.
 */
export function buildModel(
  { file, detector, segmenter }: ModelFolder,
  { mode = 'compiled', predict }: ModelOptions & { readonly mode?: Mode } = {},
): Model {
  const predictor = buildPredictor(
    {
      detector: { ...file.detector, weights: detector },
      segmenter: { ...file.segmenter, weights: segmenter },
    },
    { mode, predict: { ...file.predict, ...predict } },
  );
  return {
    file,
    predictor,
    segment: (image, settings, onProgress) =>
      predictor.segment(image, { ...file.assemble, ...settings }, onProgress),
    dispose: () => predictor.dispose(),
  };
}

/**
 * Loads a model folder and starts TensorFlow.
 *
 * @returns The caller disposes it.
 * @throws {NucleateError} Exit code 6 if it is no model folder, or not as it was written; exit code 9 if the device
 *   cannot be had.
 */
export async function loadModel(
  folder: string,
  { device = 'auto', predict }: ModelOptions & { readonly device?: DeviceChoice } = {},
): Promise<Model> {
  const stored = await readModelFolder(folder);
  await startRuntime(device);
  return buildModel(stored, predict && { predict });
}
