import type { AssembleSettings } from '../config/assemble.js';
import type { Image } from '../data/image/image.js';
import type { PredictedInstances } from '../eval/sources/source.js';
import { assembleInstances } from '../predict/assemble/assemble.js';
import { boxArrays } from '../predict/detect.js';
import type { AskedScale, DetectorScale } from '../predict/diameter.js';
import type { NucleusPredictor } from '../predict/nucleus-predictor.js';
import { type ImageSettings, settingsFor } from './segment-settings.js';

/** What nuclei are assembled with. */
export interface ScaledSettings {
  readonly detector: DetectorScale;
  readonly assemble: AssembleSettings;
  readonly scale?: AskedScale | undefined;
}

/**
 * The nuclei of an image of a dataset, with the boxes of all detections.
 *
 * @throws {NucleateError} Exit code 2 or 3 for a diameter that is not possible in the image.
 */
export async function predictedInstances(
  predictor: NucleusPredictor,
  image: Image,
  settings: ScaledSettings,
): Promise<PredictedInstances> {
  const { assemble, scale } = scaledSettings(image, settings);
  const options = { zoom: scale?.zoom };
  const { candidates, detections } = await predictor.candidates(image, assemble.scoreThreshold, options);
  const { labelImage } = assembleInstances(image, candidates, assemble);
  return { labelImage, withoutPixels: 0, overlapPixels: 0, boxes: boxArrays(detections) };
}

/** @throws {NucleateError} Exit code 2 or 3 for a diameter that is not possible in the image. */
export function scaledSettings(
  image: Pick<Image, 'pixelSize'>,
  { detector, assemble, scale: { diameter, pixelSize } = {} }: ScaledSettings,
): ImageSettings {
  const square = pixelSize === undefined ? image.pixelSize : { x: pixelSize, y: pixelSize };
  return settingsFor(
    { detector, assemble },
    { pixelSize: square },
    diameter === undefined ? {} : { diameter },
  );
}
