import type { TrainedSizes } from '../config/model-file.js';
import type { Detection } from './detect.js';

/**
 * Sizes in DSB2018 without fold 0, at the zoom of 2 of configs/detector: quantiles 0.02, 0.5 and 0.98 of the median
 * nucleus of an image. For models that do not have their own.
 */
export const dsb2018Sizes: TrainedSizes = { low: 18.8, typical: 37, high: 105.2 };

/** Detections with a lower score are more likely wrong than right, and are not counted. */
const minScore = 0.5;

/** The median of fewer nuclei is not reliable. */
const minNuclei = 5;

/** Largest change of the zoom, because the sizes come from an imprecise first pass. */
const maxChange = 4;

/**
 * The zoom for a second pass, at which the median nucleus has the typical size of training. Only for images whose median
 * nucleus is smaller or larger than nearly all in training.
 *
 * @param zoom px of the network input for a px of the image, in the first pass.
 * @returns undefined if no second pass is needed, or too few nuclei were found.
 */
export function betterZoom(
  detections: readonly Detection[],
  zoom: number,
  { low, typical, high }: TrainedSizes = dsb2018Sizes,
): number | undefined {
  const diameters = detections
    .filter(({ score }) => score >= minScore)
    .map(({ box: { x1, y1, x2, y2 } }) => zoom * Math.sqrt((x2 - x1) * (y2 - y1)))
    .sort((one, other) => one - other);
  if (diameters.length < minNuclei) return undefined;
  const median = diameters[diameters.length >> 1]!;
  if (median >= low && median <= high) return undefined;
  return zoom * Math.min(Math.max(typical / median, 1 / maxChange), maxChange);
}
