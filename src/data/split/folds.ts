import { randomFor } from '../../random.js';

/** What decides the fold of an image. */
export interface FoldItem {
  readonly id: string;
  /** Images of one group are in the same fold. */
  readonly group: number;
  /** Images of one cluster are spread evenly over the folds. */
  readonly cluster: string;
}

/**
 * Assigns groups to folds, the largest group first, each to the fold that has the smallest fraction of the group's
 * clusters. The order of groups of equal size is drawn from the seed.
 *
 * @param count Folds, at least 2.
 * @param kept Folds that are known already, by id. These images stay there; the others of their group join them, in the
 *   fold of most of them.
 * @returns The fold of each id, 0 to count - 1. It does not depend on the order of the items.
 * @throws {RangeError} If nothing is kept and there are fewer groups than folds.
 */
export function assignFolds(
  items: readonly FoldItem[],
  count: number,
  seed: number,
  kept: ReadonlyMap<string, number> = new Map(),
): ReadonlyMap<string, number> {
  const groups = groupsOf(items);
  if (kept.size === 0 && groups.size < count)
    throw new RangeError(`Expected at least ${count} groups, received ${groups.size}`);
  const totals = countBy(items);
  const folds = Array.from({ length: count }, () => ({ size: 0, clusters: new Map<string, number>() }));
  const foldOf = new Map<string, number>();
  const add = (fold: number, group: readonly FoldItem[]) => {
    const { clusters } = folds[fold]!;
    folds[fold]!.size += group.length;
    for (const [cluster, n] of countBy(group)) clusters.set(cluster, (clusters.get(cluster) ?? 0) + n);
    for (const { id } of group) foldOf.set(id, fold);
  };
  for (const group of groups.values()) {
    const known = group.flatMap(({ id }) => kept.get(id) ?? []);
    const most = mostFrequent(known);
    if (most !== undefined) for (const item of group) add(kept.get(item.id) ?? most, [item]);
  }
  const shuffled = randomFor(seed, 'folds').shuffle([...groups.values()]);
  for (const group of shuffled.sort((one, other) => other.length - one.length)) {
    if (foldOf.has(group[0]!.id)) continue;
    const groupCounts = countBy(group);
    /** Which fraction of the group's clusters a fold has, weighted by the group's images of each cluster. */
    const fullness = ({ clusters }: (typeof folds)[0]) =>
      [...groupCounts].reduce(
        (sum, [cluster, n]) => sum + (n * (clusters.get(cluster) ?? 0)) / totals.get(cluster)!,
        0,
      );
    const best = folds.reduce((chosen, fold) => {
      const difference = fullness(fold) - fullness(chosen);
      return difference < 0 || (difference === 0 && fold.size < chosen.size) ? fold : chosen;
    });
    add(folds.indexOf(best), group);
  }
  return foldOf;
}

/** The lowest of those that are most frequent; undefined for none. */
function mostFrequent(folds: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const fold of folds) counts.set(fold, (counts.get(fold) ?? 0) + 1);
  return [...counts].sort(([one, ones], [other, others]) => others - ones || one - other)[0]?.[0];
}

/**
 * One fold per cluster, the largest cluster first, to leave out one kind of image at a time. A group with several
 * clusters is assigned to the cluster of most of its images.
 *
 * @returns The fold of each id. It does not depend on the order of the items.
 * @throws {RangeError} If there is only one cluster.
 */
export function foldsOfClusters(items: readonly FoldItem[]): ReadonlyMap<string, number> {
  const assigned = [...groupsOf(items).values()].flatMap((group) => {
    const cluster = clustersBySize(group)[0]!;
    return group.map((item) => ({ ...item, cluster }));
  });
  const clusters = clustersBySize(assigned);
  if (clusters.length < 2) throw new RangeError(`Expected at least 2 clusters, received ${clusters.length}`);
  return new Map(assigned.map(({ id, cluster }) => [id, clusters.indexOf(cluster)]));
}

/** Clusters, the one with most items first. */
const clustersBySize = (items: readonly FoldItem[]): string[] =>
  [...countBy(items)]
    .sort(([one, ones], [other, others]) => others - ones || (one < other ? -1 : 1))
    .map(([cluster]) => cluster);

/** In the order of their first ids. */
function groupsOf(items: readonly FoldItem[]): Map<number, FoldItem[]> {
  const groups = new Map<number, FoldItem[]>();
  for (const item of [...items].sort((one, other) => (one.id < other.id ? -1 : 1))) {
    const known = groups.get(item.group);
    if (known) known.push(item);
    else groups.set(item.group, [item]);
  }
  return groups;
}

function countBy(items: readonly FoldItem[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { cluster } of items) counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
  return counts;
}
