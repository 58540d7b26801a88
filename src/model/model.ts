import type { Mode } from '../engine/step.js';
import type { DeviceChoice } from '../engine/device.js';
import { type Runtime, startRuntime } from '../engine/runtime.js';
import type { PredictSettings } from '../config/predict.js';
import type { AssembleSettings } from '../config/assemble.js';
import type { Box } from '../data/geometry/box.js';
import { imagePart } from '../data/image/image-part.js';
import type { Pixels } from '../data/image/stored-image.js';
import type { ModelFile } from '../config/model-file.js';
import { exitCodes, NucleateError } from '../errors.js';
import type { CandidateMask } from '../predict/assemble/candidate-mask.js';
import { placeSegmentation, type Segmentation } from '../predict/assemble/segmentation.js';
import { NucleusPredictor } from '../predict/nucleus-predictor.js';
import { type ModelFolder, networksOf, readModelFolder } from './model-folder.js';
import { type SegmentSettings, settingsFor } from './segment-settings.js';

/** A model that is ready to segment images. */
export interface Model {
  /** As it is stored, with the settings of {@link ModelOptions} in place of its own. */
  readonly file: ModelFile;
  /** The settings that it has stored. */
  readonly own: Pick<ModelFile, 'assemble' | 'predict'>;
  readonly predictor: NucleusPredictor;
  /**
   * Finds the nuclei of an image, with the model's own settings where none are given.
   *
   * @param onProgress Called now and then with the fraction of the work that is done, 0 to 1.
   * @throws {NucleateError} Exit code 2 or 3 for a diameter that is not possible in the image, 3 for a region beyond it.
   */
  segment(
    image: Pixels,
    settings?: SegmentSettings,
    onProgress?: (fraction: number) => void,
  ): Promise<Segmentation>;
  /**
   * The masks that {@link segment} makes the nuclei of, for those whose detections have their centres in a part of the image.
   * Parts that cover the image without overlap give, together, exactly the masks of the whole: see `assembleMasks`.
   *
   * @param part px of the image, half-open.
   * @throws {NucleateError} As {@link segment}; exit code 2 for a model with a second pass, unless a diameter is given.
   */
  masksIn(
    image: Pixels,
    part: Box,
    settings?: SegmentSettings,
    onProgress?: (fraction: number) => void,
  ): Promise<PartMasks>;
  /** Frees the networks. */
  dispose(): void;
}

/** Masks of a part of an image, and what they are assembled with. */
export interface PartMasks {
  readonly masks: readonly CandidateMask[];
  readonly assemble: AssembleSettings;
}

export interface ModelOptions {
  /** Test-time augmentation and second pass; those that are absent are the model's own. */
  readonly predict?: Partial<PredictSettings>;
}

/**
 * Builds the networks of a model folder; the runtime must have been started.
 *
 * @returns The caller disposes it.
 * @throws {NucleateError} Exit code 6 unless the weights are exactly those of the networks.
 */
export function buildModel(
  stored: ModelFolder,
  { mode = 'compiled', predict }: ModelOptions & { readonly mode?: Mode } = {},
): Model {
  const file: ModelFile = { ...stored.file, predict: { ...stored.file.predict, ...predict } };
  const predictor = new NucleusPredictor(networksOf(stored), { mode, predict: file.predict });
  return {
    ...{ file, predictor, own: { assemble: stored.file.assemble, predict: stored.file.predict } },
    async segment(image, asked = {}, onProgress) {
      const { assemble, scale } = settingsFor(file, image, asked);
      const { region } = asked;
      const part = region ? imagePart(image, region) : image;
      const found = await predictor.segment(part, assemble, { zoom: scale?.zoom, onProgress });
      return region ? placeSegmentation(found, region, image) : found;
    },
    async masksIn(image, part, asked = {}, onProgress) {
      const { assemble, scale } = settingsFor(file, image, asked);
      if (file.predict.secondPass && !scale) throw wholeOnly();
      const masks = await predictor.masks(image, assemble, { zoom: scale?.zoom, region: part, onProgress });
      return { masks, assemble };
    },
    dispose: () => predictor.dispose(),
  };
}

const wholeOnly = () =>
  new NucleateError({
    what: 'A second pass measures the nuclei of the whole image, so it is not possible in regions of it.',
    hint: 'Give the diameter of the nuclei: --diameter 20, or --diameter trained.',
    exitCode: exitCodes.usage,
  });

/**
 * Reads a model folder, starts TensorFlow, and builds the networks.
 *
 * @param device Where it computes; `auto` takes a GPU where there is one.
 * @param options.onStart Called with the runtime once it has started, before the networks are built.
 * @returns The caller disposes it.
 * @throws {NucleateError} Exit code 6 if it is no model folder, is not as it was written, or has other weights than its
 *   networks; exit code 5 if a weight is NaN or infinite; exit code 9 if the device
 *   is not available.
 */
export async function openModel(
  folder: string,
  device: DeviceChoice = 'auto',
  { onStart = () => {}, ...options }: ModelOptions & { readonly onStart?: (runtime: Runtime) => void } = {},
): Promise<Model> {
  const stored = await readModelFolder(folder);
  onStart(await startRuntime(device));
  return buildModel(stored, options);
}
