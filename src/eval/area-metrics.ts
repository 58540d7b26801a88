import type { InstancePair, Overlaps } from './overlaps.js';

/**
 * The aggregated Jaccard index: every true instance takes the prediction of highest IoU; the sum of their
 * intersections over the sum of their unions, to which predictions that nobody took add their areas. A prediction may
 * be taken several times. Of equal IoUs the larger intersection wins, then the smaller label.
 *
 * @returns 0 to 1; 1 where both images are empty.
 *
 * Source: Kumar et al., IEEE TMI 36 (2017), algorithm 1; the tie rule is ours, the paper has none.
 */
export function aggregatedJaccard({ gtAreas, predAreas, pairs }: Overlaps): number {
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

/**
 * Panoptic quality: the sum of the IoUs above 1/2 over TP + FP/2 + FN/2.
 *
 * @param matches The pairs with IoU > 1/2.
 * @param instances True and predicted ones together, those without a pixel included.
 * @returns 0 to 1; 1 where both images are empty.
 *
 * Source: Kirillov et al., CVPR 2019, equation 1.
 */
export function panopticQuality(matches: readonly InstancePair[], instances: number): number {
  // TP + FP/2 + FN/2 is half the number of all instances.
  return instances === 0 ? 1 : (2 * sumIou(matches)) / instances;
}

/** The mean IoU of the pairs; null where there is none. */
export function meanIou(pairs: readonly InstancePair[]): number | null {
  return pairs.length === 0 ? null : sumIou(pairs) / pairs.length;
}

function sumIou(pairs: readonly InstancePair[]): number {
  return pairs.reduce((sum, { intersection, union }) => sum + intersection / union, 0);
}
