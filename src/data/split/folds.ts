import { randomFor } from '../../random.js';

/** An image as the folds see it. */
export interface FoldItem {
  readonly id: string;
  /** Images of one group share a fold. */
  readonly group: number;
  /** Images of one cluster are spread evenly over the folds. */
  readonly cluster: string;
}

/**
 * Deals groups into folds, the largest group first, each to the fold that has the smallest share of what the group
 * brings. Which of equal groups comes first is drawn from the seed.
 *
 * @param count Folds, at least 2.
 * @returns The fold of each id, 0 to count - 1. The order of the items plays no part.
 * @throws {RangeError} If there are fewer groups than folds.
 */
export function assignFolds(
  items: readonly FoldItem[],
  count: number,
  seed: number,
): ReadonlyMap<string, number> {
  const groups = groupsOf(items);
  if (groups.size < count) throw new RangeError(`Expected at least ${count} groups, received ${groups.size}`);
  const totals = countBy(items);
  const folds = Array.from({ length: count }, () => ({ size: 0, clusters: new Map<string, number>() }));
  const foldOf = new Map<string, number>();
  const dealt = randomFor(seed, 'folds').shuffle([...groups.values()]);
  for (const group of dealt.sort((one, other) => other.length - one.length)) {
    const brought = countBy(group);
    /** How full a fold is of the group's clusters, 1 = it has all of them; weighed by what the group brings. */
    const fullness = ({ clusters }: (typeof folds)[0]) =>
      [...brought].reduce(
        (sum, [cluster, n]) => sum + (n * (clusters.get(cluster) ?? 0)) / totals.get(cluster)!,
        0,
      );
    const best = folds.reduce((chosen, fold) => {
      const difference = fullness(fold) - fullness(chosen);
      return difference < 0 || (difference === 0 && fold.size < chosen.size) ? fold : chosen;
    });
    best.size += group.length;
    for (const [cluster, n] of brought) best.clusters.set(cluster, (best.clusters.get(cluster) ?? 0) + n);
    for (const { id } of group) foldOf.set(id, folds.indexOf(best));
  }
  return foldOf;
}

/**
 * One fold for each cluster, the largest cluster first, to leave out one kind of image at a time. A group that has several
 * clusters goes to that of most of its images.
 *
 * @returns The fold of each id. The order of the items plays no part.
 * @throws {RangeError} If there is one cluster alone.
 */
export function foldsOfClusters(items: readonly FoldItem[]): ReadonlyMap<string, number> {
  const settled = [...groupsOf(items).values()].flatMap((group) => {
    const cluster = clustersBySize(group)[0]!;
    return group.map((item) => ({ ...item, cluster }));
  });
  const clusters = clustersBySize(settled);
  if (clusters.length < 2) throw new RangeError(`Expected at least 2 clusters, received ${clusters.length}`);
  return new Map(settled.map(({ id, cluster }) => [id, clusters.indexOf(cluster)]));
}

/** Clusters, that of most items first. */
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
