import type { InstanceCounts } from '../instance-counts.js';
import { aji } from './aji.js';
import { meanMatchedIou } from './matched-iou.js';
import type { ComparedImage, Metric } from './metric.js';
import { panopticQuality } from './panoptic-quality.js';
import { score } from './score.js';

/** Every metric of label images, in the order of tables. A new one is a file beside these and a line here. */
const listed = [score, panopticQuality, aji, meanMatchedIou] as const;
export const metrics: readonly (Metric & { readonly key: keyof MetricValues })[] = listed;

type Listed = (typeof listed)[number];

/** A value for each metric, of one image or of a set of images. */
export type MetricValues = { readonly [M in Listed as M['key']]: ReturnType<M['perImage']> };

export function metricsOfImage(image: ComparedImage): MetricValues {
  return Object.fromEntries(metrics.map((metric) => [metric.key, metric.perImage(image)])) as MetricValues;
}

/** @param images At least one. */
export function metricsOfSet(images: readonly (MetricValues & InstanceCounts)[]): MetricValues {
  const summary = (metric: (typeof metrics)[number]) =>
    metric.summarise(images.map((image) => ({ value: image[metric.key], counts: image })));
  return Object.fromEntries(metrics.map((metric) => [metric.key, summary(metric)])) as MetricValues;
}
