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
  /** By which the image is found in any dataset, see `pixelHashOf`; absent in files of nucleate 0.1. */
  readonly pixels?: string;
}

/** How many folds there are if nobody says, and there are so many groups. */
const usualFolds = 5;

export interface SplitOptions {
  /** See `identityOf`. */
  readonly dataset: string;
  /**
   * How many; or one per cluster, see `foldsOfClusters`; default: as in `keep`, else 5 or, if there are fewer groups, as
   * many as there are groups.
   */
  readonly folds?: number | 'clusters' | undefined;
  readonly seed: number;
  /** Known mosaic and cluster of images. Images whose pixels match are grouped in addition. */
  readonly known?: ReadonlyMap<string, KnownGroup> | undefined;
  /** An older split, whose images stay in their folds: {@link keptFolds}. */
  readonly keep?: Split | undefined;
}

export interface SplitResult {
  readonly split: Split;
  /** Images that are in `keep`. */
  readonly kept: number;
  /** Where images that belong together cannot be in one fold. */
  readonly warnings: readonly Problem[];
}

/**
 * Splits a dataset into folds. Images with equal or similar pixels, adjacent crops of one field, and images of one known
 * mosaic are in the same fold. Clusters (if unknown, modalities) are spread evenly, or each is a fold.
 *
 * Where all images look like one field and nobody says how many folds to make, only those with equal pixels are grouped,
 * with a warning.
 *
 * @throws {RangeError} If there are fewer groups than `folds`, or only one cluster with `folds: 'clusters'`.
 */
export function splitImages(
  signatures: readonly Signature[],
  { dataset, folds: asked, seed, known = new Map(), keep }: SplitOptions,
): SplitResult {
  const warnings: Problem[] = [];
  const neighbours = findNeighbours(signatures);
  let groups = groupsOf(signatures, neighbours, known);
  if (asked === undefined && !keep && groups.size === 1) {
    groups = groupsOf(
      signatures,
      neighbours.filter(({ kind }) => kind === 'same-pixels'),
      new Map(),
    );
    warnings.push(oneFieldWarning);
  }
  const items: (FoldItem & Signature)[] = [];
  const byId = new Map(signatures.map((signature) => [signature.id, signature]));
  const kept = keep ? keptFolds(signatures, keep) : new Map<string, SplitImage>();
  for (const [group, ids] of [...groups.values()].entries()) {
    for (const id of ids) {
      const signature = byId.get(id)!;
      const cluster = known.get(id)?.cluster ?? kept.get(id)?.cluster ?? signature.modality;
      items.push({ ...signature, group, cluster });
    }
    warnings.push(...bridgeWarnings(ids, kept));
  }
  const count = asked ?? keep?.folds ?? Math.min(usualFolds, groups.size);
  const keptFold = new Map([...kept].map(([id, { fold }]) => [id, fold]));
  const foldOf = count === 'clusters' ? foldsOfClusters(items) : assignFolds(items, count, seed, keptFold);
  const images = items
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .map(({ id, group, cluster, pixelHash: pixels }): [string, SplitImage] => [
      id,
      { fold: foldOf.get(id)!, group, cluster, pixels },
    ]);
  const folds = keep?.folds ?? new Set(foldOf.values()).size;
  return {
    split: { dataset, seed, folds, images: Object.fromEntries(images) },
    kept: kept.size,
    warnings,
  };
}

const oneFieldWarning: Problem = {
  what: 'All images look like parts of one field, so that they were divided one by one: scores will be too high.',
  hint: 'Add images of other fields, or give a --groups table.',
};

/** Ids of each group, in the order of their first ids. */
function groupsOf(
  signatures: readonly Signature[],
  neighbours: readonly Neighbours[],
  known: ReadonlyMap<string, KnownGroup>,
): ReadonlyMap<string, readonly string[]> {
  const groups = new Groups(signatures.map(({ id }) => id));
  for (const { first, second } of neighbours) groups.unite(first, second);
  const firstOf = new Map<string, string>();
  for (const { id } of signatures) {
    const mosaic = known.get(id)?.mosaic;
    if (mosaic === undefined) continue;
    const first = firstOf.get(mosaic);
    if (first === undefined) firstOf.set(mosaic, id);
    else groups.unite(first, id);
  }
  return groups.all();
}

/** What an older split says of images: those with the same pixels, else those with the same id. */
function keptFolds(signatures: readonly Signature[], keep: Split): Map<string, SplitImage> {
  const byPixels = imagesByPixels(keep);
  return new Map(
    signatures.flatMap(({ id, pixelHash }) => {
      const image = byPixels.get(pixelHash) ?? keep.images[id];
      return image ? [[id, image] as const] : [];
    }),
  );
}

/** New images that belong to kept ones of more than one fold. */
function bridgeWarnings(ids: readonly string[], kept: ReadonlyMap<string, SplitImage>): Problem[] {
  const folds = [...new Set(ids.flatMap((id) => kept.get(id)?.fold ?? []))].sort((a, b) => a - b);
  if (folds.length < 2) return [];
  return ids
    .filter((id) => !kept.has(id))
    .map((id) => ({
      what: `The new image ${id} belongs to images of the folds ${folds.join(' and ')}, which keep their folds.`,
      where: id,
      hint: 'Leave the image out, or split the whole dataset again without --keep.',
    }));
}

/** Pairs that belong together but are in different folds. A pair is not a leak if the split lacks one of its images. */
export function leaksOf(split: Split, neighbours: readonly Neighbours[]): Neighbours[] {
  const foldOf = (id: string) => split.images[id]?.fold;
  return neighbours.filter(({ first, second }) => {
    const [one, other] = [foldOf(first), foldOf(second)];
    return one !== undefined && other !== undefined && one !== other;
  });
}

/** @param pixels Gives the pixel hash of the image, for which it may have to be read. */
export type FindSplitImage = (id: string, pixels: () => string) => SplitImage | Problem;

/**
 * Finds the images of a dataset in a split: by their ids if it is the dataset that was split, else by their pixels.
 *
 * @param dataset Identity of the dataset.
 * @returns Or why the split cannot be used: it is of another dataset, and has no pixel hashes.
 */
export function imageFinder(split: Split, dataset: string): FindSplitImage | Problem {
  if (split.dataset === dataset) return (id) => split.images[id] ?? lackingImage(id);
  const byPixels = imagesByPixels(split);
  if (byPixels.size === 0) {
    return {
      what: `The split was made for another dataset: ${split.dataset}; this dataset is ${dataset}.`,
      hint: 'Split this dataset with `nucleate data split`; with --keep, the images of the old split keep their folds.',
    };
  }
  return (id, pixels) => byPixels.get(pixels()) ?? (split.images[id] ? changedImage(id) : lackingImage(id));
}

const imagesByPixels = ({ images }: Split): ReadonlyMap<string, SplitImage> =>
  new Map(
    Object.values(images).flatMap((image) => (image.pixels === undefined ? [] : [[image.pixels, image]])),
  );

const lackingImage = (id: string): Problem => ({
  what: `The split lacks the image ${id}.`,
  hint: 'Split this dataset with `nucleate data split --keep OLD`: images of the old split keep their folds.',
});

const changedImage = (id: string): Problem => ({
  what: `The pixels of the image ${id} are not those that were split.`,
  hint: 'Read it as when it was split, or split again with `nucleate data split --keep OLD`.',
});
