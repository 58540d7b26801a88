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
 * instances), else `fragment` (it lies by more than half within a true instance, as at least one other prediction
 * does), else `extra`.
 */
export type PredKind = 'matched' | 'merging' | 'fragment' | 'extra';

/** The kind of every instance, `[G]` and `[P]` in the order of {@link Overlaps}. */
export interface InstanceKinds {
  readonly gt: readonly GtKind[];
  readonly pred: readonly PredKind[];
}

/** How many instances went wrong in which way, at IoU 1/2. */
export interface ErrorCounts {
  /** True instances; `missed + merged + split` are the false negatives at threshold 0.5. */
  readonly missed: number;
  readonly merged: number;
  readonly split: number;
  /** Predicted instances; `extra + merging + fragments` are the false positives at threshold 0.5. */
  readonly extra: number;
  readonly merging: number;
  readonly fragments: number;
}

/**
 * Names the kind of every instance; `matches` are the pairs with IoU > 1/2. Each has one kind, so the counts add up to those of the score.
 *
 * The words are those of DeepCell's object-level metrics (Moen et al. 2019); the rules are our own, since "more than
 * half" leaves each instance at most one partner and needs no threshold to be chosen.
 */
export function instanceKinds(
  overlaps: Overlaps,
  matches: readonly InstancePair[] = matchInstances(overlaps),
): InstanceKinds {
  const { gtAreas, predAreas, pairs } = overlaps;
  /** The prediction that covers more than half of a true instance; -1 where there is none. */
  const home = new Int32Array(gtAreas.length).fill(-1);
  /** The true instance within which more than half of a prediction lies; -1 where there is none. */
  const origin = new Int32Array(predAreas.length).fill(-1);
  const inhabitants = new Int32Array(predAreas.length);
  const pieces = new Int32Array(gtAreas.length);
  for (const { gt, pred, intersection } of pairs) {
    if (2 * intersection > gtAreas[gt]!) {
      home[gt] = pred;
      inhabitants[pred]!++;
    }
    if (2 * intersection > predAreas[pred]!) {
      origin[pred] = gt;
      pieces[gt]!++;
    }
  }
  const gt: GtKind[] = [];
  for (const [index, pred] of home.entries()) {
    if (pred >= 0 && inhabitants[pred]! > 1) gt.push('merged');
    else gt.push(pieces[index]! > 1 ? 'split' : 'missed');
  }
  const pred: PredKind[] = [];
  for (const [index, gt] of origin.entries()) {
    if (inhabitants[index]! > 1) pred.push('merging');
    else pred.push(gt >= 0 && pieces[gt]! > 1 ? 'fragment' : 'extra');
  }
  for (const match of matches) {
    gt[match.gt] = 'matched';
    pred[match.pred] = 'matched';
  }
  return { gt, pred };
}

/** The counts where there is no instance. */
export const noErrors: ErrorCounts = {
  missed: 0,
  merged: 0,
  split: 0,
  extra: 0,
  merging: 0,
  fragments: 0,
};
