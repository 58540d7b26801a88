import type { Image } from '../data/image.js';
import type { DeviceChoice } from '../engine/device.js';
import { startRuntime } from '../engine/runtime.js';
import type { AssembleSettings } from '../config/assemble.js';
import type { ModelFile } from '../config/model-file.js';
import { fromStored } from '../train/stored-tensors.js';
import type { Segmentation } from '../predict/assemble/segmentation.js';
import { NucleusPredictor } from '../predict/nucleus-predictor.js';
import { tf } from '../tf.js';
import { type ModelFolder, readModelFolder } from './model-folder.js';

/** A model that is ready to segment images. */
export interface Model {
  readonly file: ModelFile;
  readonly predictor: NucleusPredictor;
  /** Finds the nuclei of an image, with the model's own settings where none are given. */
  segment(image: Image, settings?: Partial<AssembleSettings>): Promise<Segmentation>;
  /** Frees the networks. */
  dispose(): void;
}

/**
 * Makes the networks of a model folder; the runtime must have been started.
 *
 * @throws {NucleateError} Exit code 6 if the weights do not fit the networks.
 */
export function buildModel(
  { file, detector, segmenter }: ModelFolder,
  { mode }: { readonly mode: 'compiled' | 'eager' } = { mode: 'compiled' },
): Model {
  const weights = { detector: fromStored(detector), segmenter: fromStored(segmenter) };
  const predictor = new NucleusPredictor(
    {
      detector: { config: file.detector.config, weights: weights.detector },
      segmenter: { config: file.segmenter.config, weights: weights.segmenter },
    },
    { mode },
  );
  tf.dispose([weights.detector, weights.segmenter]);
  return {
    file,
    predictor,
    segment: (image, settings) => predictor.segment(image, { ...file.assemble, ...settings }),
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
  { device = 'auto' }: { readonly device?: DeviceChoice } = {},
): Promise<Model> {
  const stored = await readModelFolder(folder);
  await startRuntime(device);
  return buildModel(stored);
}
