import type { PlaneChoice } from '../data/image/plane-choice.js';
import type { Pixels } from '../data/image/stored-image.js';
import type { DeviceChoice } from '../engine/device.js';
import type { Runtime } from '../engine/runtime.js';
import type { Problem } from '../errors.js';
import { type Model, openModel } from '../model/model.js';
import { predictImages } from '../model/predict-images.js';
import type { SegmentSettings } from '../model/segment-settings.js';
import { shippedModel } from '../model/shipped-model.js';
import type { Segmentation } from '../predict/assemble/segmentation.js';
import type { OutputFormat } from '../predict/formats/output-formats.js';
import { listImages } from '../predict/inputs/list-images.js';

/** How {@link loadModel} loads a model. */
export interface LoadModelOptions {
  /** Where it computes. `auto`, the default, takes a GPU where there is one; a named device is never replaced by another. */
  readonly device?: DeviceChoice;
}

/** How {@link NucleusModel.predict} writes what it finds. */
export interface PredictOptions {
  /** Folder for the results; it gets one folder for each format. */
  readonly out: string;
  /** Default: `labels`. */
  readonly formats?: readonly OutputFormat[];
  /** Whether to skip images whose results are there, made with the same settings of the same image. Default: false. */
  readonly resume?: boolean;
  /** Which channels and planes of a file become images; default: the only one. */
  readonly planes?: PlaneChoice;
  /** Default: the model's own. */
  readonly settings?: SegmentSettings;
  /** um of a pixel, in place of what the images say. */
  readonly pixelSize?: number;
  /** Called with the number of images done, also fractions of one, and of nuclei found. */
  readonly onProgress?: (images: number, nuclei: number) => void;
  /** Called with what is wrong with an image that is skipped, and with what may not be as it should. */
  readonly onWarning?: (problem: Problem) => void;
}

/** What {@link NucleusModel.predict} has done. */
export interface PredictedFiles {
  readonly predicted: readonly {
    readonly file: string;
    /** Channel and plane, such as `c1-z3`, where a file has several images; else empty. */
    readonly planes: string;
    readonly nuclei: number;
    /** The files that were written. */
    readonly outputs: readonly string[];
  }[];
  /** Images whose results were there. */
  readonly skipped: readonly string[];
  /** Images that could not be read, and why. */
  readonly failed: readonly Problem[];
  /** Of all images that were predicted. */
  readonly nuclei: number;
}

/** A model that finds nuclei. */
export interface NucleusModel {
  /** Where it computes. */
  readonly device: Runtime['device'];
  /**
   * Finds the nuclei of one image, in memory.
   *
   * @param image Of `readImage`, or pixels of your own: 8 or 16 bits, grey or red, green and blue.
   * @param settings In place of the model's own: thresholds, diameter, region.
   * @throws {NucleateError} Exit code 2 or 3 for settings that are not possible in this image.
   */
  segment(image: Pixels, settings?: SegmentSettings): Promise<Segmentation>;
  /**
   * Finds the nuclei of files and folders and writes them, as `nucleate predict` does. Images that cannot be read are in
   * `failed` of the result, and do not stop the others.
   *
   * @throws {NucleateError} Exit code 2 if there is no image, or `out` holds results of other settings; 8 if a file cannot be
   *   written; 4 without memory.
   */
  predict(images: string | readonly string[], options: PredictOptions): Promise<PredictedFiles>;
  /** Frees the networks; the model is of no use afterwards. */
  dispose(): void;
}

/**
 * Loads a model. TensorFlow starts with the first one, and stays on its device as long as the process lives.
 *
 * @param folder A model folder, of `nucleate model pack` or `finetune`; default: the model that comes with nucleate.
 * @returns The caller disposes it.
 * @throws {NucleateError} Exit code 6 if it is no model folder or damaged; 9 if the device is not available.
 */
export async function loadModel(
  folder: string = shippedModel,
  { device = 'auto' }: LoadModelOptions = {},
): Promise<NucleusModel> {
  let runtime: Runtime | undefined;
  const model = await openModel(folder, device, { onStart: (started) => (runtime = started) });
  return {
    device: runtime!.device,
    segment: (image, settings) => model.segment(image, settings),
    predict: (images, options) =>
      predictFiles(model, typeof images === 'string' ? [images] : images, options),
    dispose: () => model.dispose(),
  };
}

async function predictFiles(
  model: Model,
  paths: readonly string[],
  { formats = ['labels'], resume = false, onProgress, onWarning, ...options }: PredictOptions,
): Promise<PredictedFiles> {
  const listed = await listImages(paths);
  try {
    return await predictImages(model, listed.images, {
      ...{ ...options, formats, resume },
      ...(onProgress && { onImage: onProgress }),
      ...(onWarning && { onFailure: onWarning, onNotice: onWarning }),
    });
  } finally {
    await listed.close();
  }
}
