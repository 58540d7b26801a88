import type { Problem } from '../../errors.js';
import { assignFolds, type FoldItem, foldsOfClusters } from './folds.js';
import type { KnownGroup } from '../read/groups-csv.js';
import { Groups } from './groups.js';
import type { Signature } from './signature.js';
import { findNeighbours, type Neighbours } from './neighbours.js';

/** Which image is in which fold, and why. */
export interface Split {
  /** Of the dataset that was split. */
  readonly dataset: string;
  readonly seed: number;
  readonly folds: number;
  readonly images: Readonly<Record<string, SplitImage>>;
}

export interface SplitImage {
  readonly fold: number;
  /** Number of the group that shares a fold. */
  readonly group: number;
  readonly cluster: string;
}

export interface SplitOptions {
  /** See `identityOf`. */
  readonly dataset: string;
  /** How many; or one for each cluster, see `foldsOfClusters`. */
  readonly folds: number | 'clusters';
  readonly seed: number;
  /** Mosaics and clusters that are known, of every image; what the pixels show is added to the mosaics. */
  readonly known?: ReadonlyMap<string, KnownGroup> | undefined;
}

/**
 * Splits a dataset into folds. Images with equal or alike pixels, crops whose borders continue each other, and images
 * of one known mosaic share a fold; clusters (where known, else the modality) are spread evenly, or are the folds.
 *
 * @throws {RangeError} If `known` lacks an image, or there are fewer groups than folds, or one cluster for a fold each.
 */
export function splitImages(
  portraits: readonly Signature[],
  { dataset, folds, seed, known }: SplitOptions,
): Split {
  const groups = new Groups(portraits.map(({ id }) => id));
  for (const { first, second } of findNeighbours(portraits)) groups.unite(first, second);
  if (known) uniteMosaics(groups, portraits, known);
  const modalities = new Map(portraits.map(({ id, modality }) => [id, modality]));
  const items: FoldItem[] = [...groups.all().values()].flatMap((ids, group) =>
    ids.map((id) => ({ id, group, cluster: known?.get(id)?.cluster ?? modalities.get(id)! })),
  );
  const foldOf = folds === 'clusters' ? foldsOfClusters(items) : assignFolds(items, folds, seed);
  const images = items
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .map(({ id, group, cluster }): [string, SplitImage] => [id, { fold: foldOf.get(id)!, group, cluster }]);
  return { dataset, seed, folds: new Set(foldOf.values()).size, images: Object.fromEntries(images) };
}

function uniteMosaics(
  groups: Groups,
  portraits: readonly Signature[],
  known: ReadonlyMap<string, KnownGroup>,
) {
  const firstOf = new Map<string, string>();
  for (const { id } of portraits) {
    const mosaic = known.get(id)?.mosaic;
    if (mosaic === undefined)
      throw new RangeError(`Expected a group for every image, received none for ${id}`);
    const first = firstOf.get(mosaic);
    if (first === undefined) firstOf.set(mosaic, id);
    else groups.unite(first, id);
  }
}

/** Pairs that belong together and are in different folds; pairs of which the split lacks an image are no leaks. */
export function leaksOf(split: Split, relations: readonly Neighbours[]): Neighbours[] {
  const foldOf = (id: string) => split.images[id]?.fold;
  return relations.filter(({ first, second }) => {
    const [one, other] = [foldOf(first), foldOf(second)];
    return one !== undefined && other !== undefined && one !== other;
  });
}

/** What keeps a split from being used with a dataset. */
export function splitProblems(split: Split, dataset: string, ids: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  if (split.dataset !== dataset) {
    const hint = 'Use the dataset that was split, or split this one: nucleate data split.';
    problems.push({
      what: `The split is of the dataset ${split.dataset}, and this is ${dataset}.`,
      hint: hint,
    });
  }
  for (const id of ids) {
    if (split.images[id]) continue;
    problems.push({
      what: `The split lacks the image ${id}.`,
      hint: 'Split this dataset: nucleate data split.',
    });
  }
  return problems;
}
