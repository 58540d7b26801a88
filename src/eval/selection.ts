import { pixelHashOf } from '../data/image/pixel-hash.js';
import { imageFinder, type Split, type SplitImage } from '../data/split/split.js';
import type { KnownGroup } from '../data/read/groups-csv.js';
import type { Problem } from '../errors.js';
import type { TruthSource } from './sources/source.js';
import { throwIfProblems, sourceError } from './sources/source.js';

/** Which images are scored, and what is known about them from other files. */
export interface Selection {
  /** Of the truth, in its order; at least one. */
  readonly ids: readonly string[];
  /** Modality cluster by image id; it overrides the cluster in the dataset. */
  readonly clusters?: ReadonlyMap<string, string>;
  /** Group by image id: images that belong together, such as crops of one field. */
  readonly groups?: ReadonlyMap<string, string>;
}

/** All images. */
export const selectAll = ({ ids }: TruthSource): Selection => ({ ids });

/** All images, with clusters and mosaics from a table. */
export function selectWithGroups({ ids }: TruthSource, known: ReadonlyMap<string, KnownGroup>): Selection {
  const groups = valuesOf(known, ({ mosaic }) => mosaic);
  return {
    ids,
    clusters: valuesOf(known, ({ cluster }) => cluster),
    ...(groups.size > 0 ? { groups } : {}),
  };
}

export interface FoldChoice {
  /** The file of the split, for messages. */
  readonly path: string;
  readonly split: Split;
  /** All images if absent. */
  readonly fold?: number | undefined;
  /** Hash of the truth: images of other data than were split are found by their pixels; null to take their ids. */
  readonly sha256: string | null;
}

/**
 * The images of one fold, with clusters and groups from the split.
 *
 * @throws {NucleateError} Exit code 3 if the split is of other data, lacks an image, or has no such fold.
 */
export async function selectFold(
  truth: TruthSource,
  { path, split, fold, sha256 }: FoldChoice,
): Promise<Selection> {
  const hint = 'Use the split of this data, or add --allow-other-data.';
  const find = imageFinder(split, sha256 ?? split.dataset);
  if (typeof find !== 'function') {
    throwIfProblems(path, 'The split has', [find], hint);
    return selectAll(truth);
  }
  const images = new Map<string, SplitImage>();
  const problems: Problem[] = [];
  const isSame = sha256 === null || split.dataset === sha256;
  for (const id of truth.ids) {
    const image = isSame ? null : await truth.readImage(id);
    const found = isSame || image ? find(id, () => pixelHashOf(image!)) : withoutPixels;
    if (!('what' in found)) images.set(id, found);
    else if (problems.at(-1) !== found) problems.push(found);
  }
  throwIfProblems(path, 'The split has', problems, hint);
  const ids = truth.ids.filter((id) => fold === undefined || images.get(id)!.fold === fold);
  if (ids.length === 0) {
    throw sourceError(path, `No image is in fold ${fold}.`, `Choose --fold from 0 to ${split.folds - 1}.`);
  }
  return {
    ids,
    clusters: valuesOf(images, ({ cluster }) => cluster),
    groups: valuesOf(images, ({ group }) => String(group)),
  };
}

const withoutPixels: Problem = {
  what: 'The truth is other data than was split, and has no images that could be compared with those of the split.',
};

function valuesOf<T>(images: ReadonlyMap<string, T>, valueOf: (image: T) => string | undefined) {
  const values = new Map<string, string>();
  for (const [id, image] of images) {
    const value = valueOf(image);
    if (value !== undefined) values.set(id, value);
  }
  return values;
}
