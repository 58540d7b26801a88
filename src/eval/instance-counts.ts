import { errorKinds, instanceKinds, noErrors, type ErrorCounts } from './error-kinds.js';
import { exceedsIou, iouPercents } from './match-instances.js';
import type { InstancePair, Overlaps } from './overlaps.js';
import { sizeClasses, sizeClassOf } from './size-classes.js';

/** Instances counted at each threshold of {@link iouPercents}. T = 10. */
export interface HitCounts {
  /** `[T]` matched pairs. */
  readonly tp: readonly number[];
  /** `[T]` predicted instances without a match. */
  readonly fp: readonly number[];
  /** `[T]` true instances without a match. */
  readonly fn: readonly number[];
}

/** Hits and errors of some of an image's instances. */
export interface InstanceCounts extends HitCounts {
  readonly gtCount: number;
  readonly predCount: number;
  readonly errors: ErrorCounts;
}

/**
 * Counts the instances of each size class. A matched pair belongs to the class of its true instance.
 *
 * @returns In the order of {@link sizeClasses}.
 */
export function countBySize(overlaps: Overlaps, matches: readonly InstancePair[]): InstanceCounts[] {
  const { gtAreas, predAreas } = overlaps;
  const kinds = instanceKinds(overlaps, matches);
  const predClass = new Uint8Array(predAreas.length);
  for (let pred = 0; pred < predAreas.length; pred++) predClass[pred] = sizeClassOf(predAreas[pred]!);
  const classes = sizeClasses.map(() => ({
    gtCount: 0,
    predCount: 0,
    tp: iouPercents.map(() => 0),
    errors: { ...noErrors },
  }));
  for (const pair of matches) {
    const size = sizeClassOf(gtAreas[pair.gt]!);
    predClass[pair.pred] = size;
    const { tp } = classes[size]!;
    for (let t = 0; t < tp.length; t++) if (exceedsIou(pair, iouPercents[t]!)) tp[t]! += 1;
  }
  kinds.gt.forEach((kind, gt) => {
    const counts = classes[sizeClassOf(gtAreas[gt]!)]!;
    counts.gtCount++;
    if (kind !== 'matched') counts.errors[kind]++;
  });
  kinds.pred.forEach((kind, pred) => {
    const counts = classes[predClass[pred]!]!;
    counts.predCount++;
    if (kind !== 'matched') counts.errors[kind === 'fragment' ? 'fragments' : kind]++;
  });
  return classes.map((counts) => ({
    ...counts,
    fp: counts.tp.map((hits) => counts.predCount - hits),
    fn: counts.tp.map((hits) => counts.gtCount - hits),
  }));
}

/** Adds counts of disjoint sets of instances; all 0 for none. */
export function sumCounts(parts: readonly InstanceCounts[]): InstanceCounts {
  const sum = (value: (part: InstanceCounts) => number) =>
    parts.reduce((total, part) => total + value(part), 0);
  const sumEach = (key: keyof HitCounts) => iouPercents.map((_, index) => sum((part) => part[key][index]!));
  const errors = errorKinds.map(({ key }) => [key, sum((part) => part.errors[key])]);
  return {
    gtCount: sum((part) => part.gtCount),
    predCount: sum((part) => part.predCount),
    tp: sumEach('tp'),
    fp: sumEach('fp'),
    fn: sumEach('fn'),
    errors: Object.fromEntries(errors) as ErrorCounts,
  };
}

/** Adds predicted objects without a pixel: each is extra, and a false positive at every threshold. */
export function addWithoutPixels(counts: InstanceCounts, withoutPixels: number): InstanceCounts {
  return {
    ...counts,
    predCount: counts.predCount + withoutPixels,
    fp: counts.fp.map((misses) => misses + withoutPixels),
    errors: { ...counts.errors, extra: counts.errors.extra + withoutPixels },
  };
}
