/**
 * Datasets as pairs `X.png` + `X_masks.png`, the naming of Cellpose, with `X_ignore.png` for pixels that no expert has
 * reviewed.
 */
import type { FileTree } from '../files/file-tree.js';
import type { LabelReading } from '../image/label-values.js';
import { type AnnotatedFiles, entriesOf, unclearFile } from './annotated-files.js';
import { isChallengeTree } from './challenge-layout.js';
import { isBelowMasks, isFoldersTree } from './folders-layout.js';
import { ignoredStem, imageStem, labelledStem, masksSuffix } from './label-names.js';
import {
  isImageFile,
  nameClashes,
  type DatasetLayout,
  type DatasetListing,
  type DatasetTree,
  withoutExtension,
} from './layout.js';

export const pairsLayout: DatasetLayout = {
  name: 'pairs',
  describe: 'images with label images',
  arrangement: `X.png with X${masksSuffix}.png`,
  matches(tree) {
    const isFolders = isFoldersTree(tree);
    const { pairs, strays } = join(tree);
    const [label] = pairs.flatMap(({ image, labels }) => (isBelowMasks(image) && isFolders ? [] : labels));
    const found = label ?? strays.find((file) => labelledStem(withoutExtension(file)) !== undefined);
    if (found === undefined) return [];
    // Where each nucleus has a mask file, the file may have any name, X_masks.png too; and so may those in folders.
    return isChallengeTree(tree) || (label === undefined && isFolders) ? [] : [found];
  },
  open: listPairs,
};

/** The files of one image. */
interface Pair {
  readonly image: string;
  /** More than one is an error. */
  readonly labels: string[];
  readonly ignore: string[];
}

/** Joins files by their names. A JPEG beside another image of its name is a picture of it, and left out. */
function join({ files }: FileTree): { files: string[]; pairs: Pair[]; strays: string[] } {
  const all = files.filter(isImageFile);
  const lossless = new Set(all.filter((file) => !isJpeg(file)).map(withoutExtension));
  const used = all.filter((file) => !isJpeg(file) || !lossless.has(withoutExtension(file)));
  const stems = new Set(used.map(withoutExtension));
  const labelled = new Set([...stems].map(labelledStem));
  /** An image may be called X_label itself, if it has a label image and there is no image X. */
  const isLabel = (stem: string) => {
    const base = labelledStem(stem);
    return base !== undefined && (!labelled.has(stem) || stems.has(base));
  };
  const others = used.filter((file) => {
    const stem = withoutExtension(file);
    return isLabel(stem) || ignoredStem(stem) !== undefined;
  });
  const pairs = used
    .filter((file) => !others.includes(file))
    .map((image): Pair => ({ image, labels: [], ignore: [] }));
  const byName = new Map(pairs.map((pair) => [imageStem(withoutExtension(pair.image)), pair]));
  const strays = others.filter((file) => {
    const stem = withoutExtension(file);
    const ignored = ignoredStem(stem);
    const pair = byName.get(ignored ?? labelledStem(stem)!);
    pair?.[ignored === undefined ? 'labels' : 'ignore'].push(file);
    return pair === undefined;
  });
  return { files: used, pairs, strays };
}

const isJpeg = (file: string) => /\.jpe?g$/iu.test(file);

/** Finds the pairs of a tree. The id contains the subfolder. */
function listPairs(tree: DatasetTree, _masks: string, reading: LabelReading = {}): DatasetListing {
  const { files, pairs, strays } = join(tree);
  const problems = nameClashes(files, (file) => imageStem(withoutExtension(file)), tree);
  for (const file of strays) {
    const ignored = ignoredStem(withoutExtension(file));
    const what = ignored === undefined ? 'The masks have no image.' : 'The ignore map has no image.';
    const name = ignored ?? labelledStem(withoutExtension(file))!;
    problems.push({ what, where: tree.place(file), hint: `Add the image ${name}.png.` });
  }
  const found = pairs.flatMap(({ image, labels, ignore }): AnnotatedFiles[] => {
    const name = imageStem(withoutExtension(image));
    const where = tree.place(image);
    const unclear = unclearFile(labels) ?? unclearFile(ignore);
    if (unclear) {
      problems.push({ ...unclear, where });
      return [];
    }
    const [masks] = labels;
    if (masks !== undefined) return [{ id: name, image, masks, ignore: ignore[0] }];
    const hint = `Add ${name}${masksSuffix}.png; if the image has no nuclei, all its pixels are 0.`;
    problems.push({ what: 'The image has no masks.', where, hint });
    return [];
  });
  return { images: entriesOf(tree, found, reading), files, problems };
}
