import { matchInstances } from './match-instances.js';
import type { Overlaps } from './overlaps.js';

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
 * Names the kind of every instance. Each has one kind, so the counts add up to those of the score.
 *
 * The words are those of DeepCell's object-level metrics (Moen et al. 2019); the rules are our own, since "more than
 * half" leaves each instance at most one partner and needs no threshold to be chosen.
 */
export function instanceKinds(overlaps: Overlaps): InstanceKinds {
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
  const gt = Array.from(home, (pred, index): GtKind => {
    if (pred >= 0 && inhabitants[pred]! > 1) return 'merged';
    return pieces[index]! > 1 ? 'split' : 'missed';
  });
  const pred = Array.from(origin, (gt, index): PredKind => {
    if (inhabitants[index]! > 1) return 'merging';
    return gt >= 0 && pieces[gt]! > 1 ? 'fragment' : 'extra';
  });
  for (const match of matchInstances(overlaps)) {
    gt[match.gt] = 'matched';
    pred[match.pred] = 'matched';
  }
  return { gt, pred };
}

/** Counts the kinds; all 0 where there is no instance. */
export function countErrors({ gt, pred }: InstanceKinds): ErrorCounts {
  const count = <Kind>(kinds: readonly Kind[], wanted: Kind) =>
    kinds.filter((kind) => kind === wanted).length;
  return {
    missed: count(gt, 'missed'),
    merged: count(gt, 'merged'),
    split: count(gt, 'split'),
    extra: count(pred, 'extra'),
    merging: count(pred, 'merging'),
    fragments: count(pred, 'fragment'),
  };
}
