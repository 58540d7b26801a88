import type { InstancePair } from '../overlaps.js';
import { meanOverImages, type Metric } from './metric.js';

export const panopticQuality = {
  key: 'panopticQuality',
  label: 'PQ',
  description: 'Panoptic quality: sum of the IoUs above 0.5 / (TP + FP/2 + FN/2), mean over images',
  specialCase: '1 where truth and prediction are both empty',
  range: [0, 1],
  perImage: ({ matches, counts: { gtCount, predCount } }) => quality(matches, gtCount + predCount),
  summarise: meanOverImages,
} as const satisfies Metric<number>;

/**
 * Source: Kirillov et al., CVPR 2019, equation 1.
 *
 * @param instances True and predicted ones together, those without a pixel included.
 */
function quality(matches: readonly InstancePair[], instances: number): number {
  const sumIou = matches.reduce((sum, { intersection, union }) => sum + intersection / union, 0);
  // TP + FP/2 + FN/2 is half the number of all instances.
  return instances === 0 ? 1 : (2 * sumIou) / instances;
}
