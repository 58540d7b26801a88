/**
 * Splits a dataset into folds. This folder: `signature.ts` says what of an image is compared, `neighbours.ts` finds images
 * that belong together, `folds.ts` assigns them to folds, `split-file.ts` reads and writes the result.
 */
import type { Problem } from '../../errors.js';
import { assignFolds, type FoldItem, foldsOfClusters } from './folds.js';
import type { KnownGroup } from '../read/groups-csv.js';
import { Groups } from './groups.js';
import type { Signature } from './signature.js';
import { findNeighbours, type Neighbours } from './neighbours.js';

/** Which image is in which fold. */
export interface Split {
  /** Identity of the dataset that was split. */
  readonly dataset: string;
  readonly seed: number;
  readonly folds: number;
  readonly images: Readonly<Record<string, SplitImage>>;
}

export interface SplitImage {
  readonly fold: number;
  /** Number of the image's group; all images of a group are in the same fold. */
  readonly group: number;
  readonly cluster: string;
}

export interface SplitOptions {
  /** See `identityOf`. */
  readonly dataset: string;
  /** How many; or one per cluster, see `foldsOfClusters`. */
  readonly folds: number | 'clusters';
  readonly seed: number;
  /** Known mosaic and cluster of every image. Images whose pixels match are grouped in addition. */
  readonly known?: ReadonlyMap<string, KnownGroup> | undefined;
}

/**
 * Splits a dataset into folds. Images with equal or similar pixels, adjacent crops of one field, and images of one known
 * mosaic are in the same fold. Clusters (if unknown, modalities) are spread evenly, or each is a fold.
 *
 * @throws {RangeError} If `known` lacks an image, if there are fewer groups than folds, or if there is only one cluster
 *   with `folds: 'clusters'`.
 */
export function splitImages(
  signatures: readonly Signature[],
  { dataset, folds, seed, known }: SplitOptions,
): Split {
  const groups = new Groups(signatures.map(({ id }) => id));
  for (const { first, second } of findNeighbours(signatures)) groups.unite(first, second);
  if (known) uniteMosaics(groups, signatures, known);
  const modalities = new Map(signatures.map(({ id, modality }) => [id, modality]));
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
  signatures: readonly Signature[],
  known: ReadonlyMap<string, KnownGroup>,
) {
  const firstOf = new Map<string, string>();
  for (const { id } of signatures) {
    const mosaic = known.get(id)?.mosaic;
    if (mosaic === undefined)
      throw new RangeError(`Expected a group for every image, received none for ${id}`);
    const first = firstOf.get(mosaic);
    if (first === undefined) firstOf.set(mosaic, id);
    else groups.unite(first, id);
  }
}

/** Pairs that belong together but are in different folds. A pair is not a leak if the split lacks one of its images. */
export function leaksOf(split: Split, neighbours: readonly Neighbours[]): Neighbours[] {
  const foldOf = (id: string) => split.images[id]?.fold;
  return neighbours.filter(({ first, second }) => {
    const [one, other] = [foldOf(first), foldOf(second)];
    return one !== undefined && other !== undefined && one !== other;
  });
}

/** Why a split cannot be used with a dataset; empty if it can. */
export function splitProblems(split: Split, dataset: string, ids: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  if (split.dataset !== dataset) {
    const hint = 'Use the dataset that was split, or split this one with `nucleate data split`.';
    problems.push({
      what: `The split was made for another dataset: ${split.dataset}; this dataset is ${dataset}.`,
      hint,
    });
  }
  for (const id of ids) {
    if (split.images[id]) continue;
    problems.push({
      what: `The split lacks the image ${id}.`,
      hint: 'Split this dataset with `nucleate data split`.',
    });
  }
  return problems;
}
