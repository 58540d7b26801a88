import { resample } from './resample-example.js';
import type { Instances } from '../geometry/label-image.js';
import type { Augment } from '../../config/augment.js';
import type { Random } from '../../random.js';
import type { Example } from '../read/example.js';
import { augmentAppearance } from './appearance.js';
import { pasteNuclei } from './copy-paste.js';
import { removeSlivers } from './cut.js';
import { type DetectionCrop, drawDetectionView, visibleBox } from './detection-view.js';
import { areaFactor } from '../geometry/linear-map.js';
import type { Sample } from './sample.js';

/**
 * Draws one augmented crop for the detector.
 *
 * @param instances Of the example's label image.
 * @returns Labels 1..n without gaps; n is at least 1 if the example has a nucleus.
 */
export function drawDetectionSample(
  example: Example,
  instances: Instances,
  crop: DetectionCrop,
  augment: Augment,
  random: Random,
): Sample {
  const view = drawDetectionView(example, instances, crop, augment, random);
  const fullAreas = Float64Array.from(instances.areas, (area) => area / areaFactor(view.map));
  let sample = removeSlivers(resample(example, view), fullAreas, augment.cut, view.label);
  if (random.uniform() < augment.copyPaste.probability) {
    const area = visibleBox(view, example.labelImage);
    sample = pasteNuclei(sample, { count: 1 + random.integer(augment.copyPaste.maxCount), area }, random);
  }
  return augmentAppearance(sample, augment, random);
}
