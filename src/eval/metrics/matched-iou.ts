import { meanOverImages, type Metric } from './metric.js';

export const meanMatchedIou = {
  key: 'meanMatchedIou',
  label: 'matched IoU',
  description: 'Mean IoU of the matched pairs (IoU above 0.5) of all images',
  specialCase: 'null where nothing is matched',
  isNullable: true,
  range: [0, 1],
  perImage: ({ matches }) =>
    matches.length === 0
      ? null
      : matches.reduce((sum, { intersection, union }) => sum + intersection / union, 0) / matches.length,
  summarise(images) {
    const matched = images.reduce((sum, { counts: { tp } }) => sum + tp[0]!, 0);
    if (matched === 0) return null;
    // Each image counts by its number of pairs.
    const sums = images.map(({ value, counts }) => ({ value: (value ?? 0) * counts.tp[0]!, counts }));
    return (meanOverImages(sums) * images.length) / matched;
  },
} as const satisfies Metric;
