import type { InstancePair, Overlaps } from '../overlaps.js';
import { meanOverImages, type Metric } from './metric.js';

export const aji = {
  key: 'aji',
  label: 'AJI',
  description: 'Aggregated Jaccard index, mean over images',
  specialCase: '1 where truth and prediction are both empty',
  range: [0, 1],
  perImage: ({ overlaps }) => aggregatedJaccard(overlaps),
  summarise: meanOverImages,
} as const satisfies Metric<number>;

/**
 * Every true instance takes the prediction of highest IoU. The index is the sum of their intersections over the sum of
 * their unions; predictions that no true instance took add their areas to the unions. A prediction may be taken several
 * times. Of equal IoUs the larger intersection wins, then the smaller label.
 *
 * Source: Kumar et al., IEEE TMI 36 (2017), algorithm 1; the tie rule is ours, the paper has none.
 */
function aggregatedJaccard({ gtAreas, predAreas, pairs }: Overlaps): number {
  const best: (InstancePair | undefined)[] = new Array<undefined>(gtAreas.length).fill(undefined);
  for (const pair of pairs) {
    const rival = best[pair.gt];
    if (rival === undefined || isBetter(pair, rival)) best[pair.gt] = pair;
  }
  const taken = new Set<number>();
  let intersection = 0;
  let union = 0;
  best.forEach((pair, gt) => {
    intersection += pair?.intersection ?? 0;
    union += pair?.union ?? gtAreas[gt]!;
    if (pair) taken.add(pair.pred);
  });
  predAreas.forEach((area, pred) => {
    if (!taken.has(pred)) union += area;
  });
  return union === 0 ? 1 : intersection / union;
}

function isBetter(pair: InstancePair, rival: InstancePair): boolean {
  const difference = pair.intersection * rival.union - rival.intersection * pair.union;
  if (difference !== 0) return difference > 0;
  if (pair.intersection !== rival.intersection) return pair.intersection > rival.intersection;
  return pair.pred < rival.pred;
}
