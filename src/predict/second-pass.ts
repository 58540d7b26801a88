import type { TrainedSizes } from '../config/model-file.js';
import type { Detection } from './detect.js';

/**
 * Of the images of DSB2018 (fold 0 left out), at the zoom of 2 that the detectors of configs/detector see them at: the
 * quantiles 0.02, 0.5 and 0.98 of the median nucleus of an image. They stand in for a model that does not tell its own.
 */
export const dsb2018Sizes: TrainedSizes = { low: 18.8, typical: 37, high: 105.2 };

/** Score from which a detection counts: more likely right than wrong. */
const sureScore = 0.5;

/** Fewer nuclei have no telling median. */
const fewest = 5;

/** The image is enlarged or reduced by no more than this (factor), since the sizes come from a poor first look. */
const mostChange = 4;

/**
 * The zoom at which the median nucleus has the size that is usual in training, where it is beyond what training shows.
 *
 * @param zoom px of the network input for a pixel of the image, in the first pass.
 * @returns undefined where the first pass is good enough: sizes as usual, or too few nuclei to tell.
 */
export function betterZoom(
  detections: readonly Detection[],
  zoom: number,
  { low, typical, high }: TrainedSizes = dsb2018Sizes,
): number | undefined {
  const diameters = detections
    .filter(({ score }) => score >= sureScore)
    .map(({ box: { x1, y1, x2, y2 } }) => zoom * Math.sqrt((x2 - x1) * (y2 - y1)))
    .sort((one, other) => one - other);
  if (diameters.length < fewest) return undefined;
  const median = diameters[diameters.length >> 1]!;
  if (median >= low && median <= high) return undefined;
  return zoom * Math.min(Math.max(typical / median, 1 / mostChange), mostChange);
}
