import { matchInstances } from './match-instances.js';
import type { InstancePair, Overlaps } from './overlaps.js';

/**
 * What became of a true instance: `matched` (IoU > 1/2), else `merged` (one prediction covers more than half of it and
 * of at least one other true instance), else `split` (at least two predictions lie by more than half within it), else
 * `missed`.
 */
export type GtKind = 'matched' | 'merged' | 'split' | 'missed';

/**
 * What a predicted instance is: `matched` (IoU > 1/2), else `merging` (it covers more than half of at least two true
 * instances), else `fragment` (it lies by more than half within a true instance, as does at least one other
 * prediction), else `extra`.
 */
export type PredKind = 'matched' | 'merging' | 'fragment' | 'extra';

/** The kind of every instance, `[G]` and `[P]` in the order of {@link Overlaps}. */
export interface InstanceKinds {
  readonly gt: readonly GtKind[];
  readonly pred: readonly PredKind[];
}

/**
 * Instances without a match at IoU 0.5 by kind, with a sentence for each. The first three are true instances: together
 * the false negatives at threshold 0.5. The others are predicted: together the false positives.
 */
export const errorKinds = [
  { key: 'missed', description: 'True nuclei that no prediction explains' },
  { key: 'merged', description: 'True nuclei that share one prediction with another nucleus' },
  { key: 'split', description: 'True nuclei that several predictions cover in pieces' },
  { key: 'extra', description: 'Predictions that no true nucleus explains' },
  { key: 'merging', description: 'Predictions that cover several true nuclei' },
  { key: 'fragments', description: 'Predictions that are a piece of a split nucleus' },
] as const;

/** How many instances went wrong in which way, see {@link errorKinds}. */
export type ErrorCounts = { readonly [Kind in (typeof errorKinds)[number] as Kind['key']]: number };

/** The counts where there is no instance. */
export const noErrors: ErrorCounts = {
  missed: 0,
  merged: 0,
  split: 0,
  extra: 0,
  merging: 0,
  fragments: 0,
};

/**
 * Finds the kind of every instance. Each has exactly one, so the counts add up to those of the score.
 *
 * The words are those of DeepCell's object-level metrics (Moen et al. 2019). The rules are our own: "more than half"
 * leaves each instance at most one partner and needs no threshold.
 *
 * @param matches The pairs with IoU > 1/2.
 */
export function instanceKinds(
  overlaps: Overlaps,
  matches: readonly InstancePair[] = matchInstances(overlaps),
): InstanceKinds {
  const { gtAreas, predAreas, pairs } = overlaps;
  /** `[G]` the prediction that covers more than half of a true instance; -1 where there is none. */
  const coveredBy = new Int32Array(gtAreas.length).fill(-1);
  /** `[P]` the true instance within which more than half of a prediction lies; -1 where there is none. */
  const liesWithin = new Int32Array(predAreas.length).fill(-1);
  /** `[P]` true instances that a prediction covers. */
  const coveredCount = new Int32Array(predAreas.length);
  /** `[G]` predictions that lie within a true instance. */
  const pieceCount = new Int32Array(gtAreas.length);
  for (const { gt, pred, intersection } of pairs) {
    if (2 * intersection > gtAreas[gt]!) {
      coveredBy[gt] = pred;
      coveredCount[pred]!++;
    }
    if (2 * intersection > predAreas[pred]!) {
      liesWithin[pred] = gt;
      pieceCount[gt]!++;
    }
  }
  const gtKinds: GtKind[] = [];
  for (const [gt, pred] of coveredBy.entries()) {
    if (pred >= 0 && coveredCount[pred]! > 1) gtKinds.push('merged');
    else gtKinds.push(pieceCount[gt]! > 1 ? 'split' : 'missed');
  }
  const predKinds: PredKind[] = [];
  for (const [pred, gt] of liesWithin.entries()) {
    if (coveredCount[pred]! > 1) predKinds.push('merging');
    else predKinds.push(gt >= 0 && pieceCount[gt]! > 1 ? 'fragment' : 'extra');
  }
  for (const match of matches) {
    gtKinds[match.gt] = 'matched';
    predKinds[match.pred] = 'matched';
  }
  return { gt: gtKinds, pred: predKinds };
}
