import { meanOverImages, type Metric } from './metric.js';

/** The challenge score. Source: evaluation text of the 2018 Data Science Bowl, which leaves two empty images open. */
export const score = {
  key: 'score',
  label: 'score',
  description: 'Challenge score: mean over images and IoU thresholds 0.5 to 0.95 of TP / (TP + FP + FN)',
  specialCase: '1 where truth and prediction are both empty',
  range: [0, 1],
  perImage: ({ counts: { tp, fp, fn } }) =>
    tp.reduce((sum, hits, index) => sum + jaccard(hits, fp[index]!, fn[index]!), 0) / tp.length,
  summarise: meanOverImages,
} as const satisfies Metric<number>;

/** TP / (TP + FP + FN); 1 where all three are 0. */
export function jaccard(tp: number, fp: number, fn: number): number {
  return tp + fp + fn === 0 ? 1 : tp / (tp + fp + fn);
}
