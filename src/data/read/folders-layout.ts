/**
 * Datasets with `images/` beside `masks/` or `labels/`, at any depth: for each image a label image of the same name, or a
 * folder of that name with a mask file for each nucleus.
 */
import type { Problem } from '../../errors.js';
import type { FileTree } from '../files/file-tree.js';
import { folderOf } from '../files/open-files.js';
import type { LabelReading } from '../image/label-values.js';
import { type AnnotatedFiles, entriesOf, unclearFile } from './annotated-files.js';
import { ignoredStem, imageStem, labelledStem } from './label-names.js';
import {
  isImageFile,
  nameClashes,
  type DatasetLayout,
  type DatasetListing,
  type DatasetTree,
} from './layout.js';

export const foldersLayout: DatasetLayout = {
  name: 'folders',
  describe: 'images with their masks in another folder',
  arrangement: 'images/X.png with masks/X.png, labels/X.png or masks/X/*.png',
  matches: (tree) => (isFoldersTree(tree) ? labelFoldersOf(tree) : []),
  open: listFolders,
};

/** Names of folders, in any case. */
const roles = [
  { role: 'images', names: /^(images?|imgs?)$/iu },
  { role: 'labels', names: /^(masks?|labels?|seg)$/iu },
  { role: 'ignore', names: /^ignore$/iu },
  { role: 'reviewed', names: /^reviewed$/iu },
] as const;
type Role = (typeof roles)[number]['role'];

/** A file, or a folder, below one that has a role. */
interface Placed {
  readonly path: string;
  /** Where below its folder, without extension. */
  readonly name: string;
  /** The name of its folder as it is written. */
  readonly folder: string;
}

/** Folders with roles that lie beside each other. */
interface Group extends Record<Role, Placed[]> {
  /** The folder that they are in, with `/` at the end; empty at the top. */
  readonly parent: string;
  /** Folders below one of masks. */
  readonly maskFolders: Placed[];
}

/** `a.ome` is `a`, too. */
const withoutExtension = (path: string) => path.replace(/(\.ome)?\.[^./]*$/iu, '');

/** What lies in or below a folder that has a role, by the folder that it is in. */
function groupsOf({ files, folders }: FileTree): Group[] {
  const groups = new Map<string, Group>();
  const groupAt = (parent: string) => {
    const empty = { images: [], labels: [], ignore: [], reviewed: [], maskFolders: [] };
    const group = groups.get(parent) ?? { parent, ...empty };
    groups.set(parent, group);
    return group;
  };
  for (const file of files.filter(isImageFile)) {
    const found = roleOf(file);
    if (found) groupAt(found.parent)[found.role].push({ ...found, name: withoutExtension(found.name) });
  }
  for (const folder of folders) {
    const found = roleOf(folder);
    if (found?.role === 'labels') groupAt(found.parent).maskFolders.push(found);
  }
  // Where only the masks have a folder, the images lie beside it.
  for (const group of groups.values()) {
    if (group.images.length > 0 || group.labels.length === 0) continue;
    const beside = files.filter((file) => isImageFile(file) && folderOf(file) === group.parent.slice(0, -1));
    for (const path of beside) {
      const name = withoutExtension(path.slice(group.parent.length));
      if (labelledStem(name) === undefined) group.images.push({ path, name, folder: '' });
    }
  }
  return [...groups.values()];
}

/** The last folder on the way to a file that has a role. */
function roleOf(path: string): (Placed & { parent: string; role: Role }) | undefined {
  const names = path.split('/');
  for (let at = names.length - 2; at >= 0; at--) {
    const found = roles.find((role) => role.names.test(names[at]!));
    if (!found) continue;
    const parent = names.slice(0, at).map((name) => `${name}/`);
    return {
      ...{ path, parent: parent.join(''), folder: names[at]!, role: found.role },
      name: names.slice(at + 1).join('/'),
    };
  }
  return undefined;
}

/** Whether a file is in or below a folder of masks. */
export const isBelowMasks = (file: string): boolean => roleOf(file)?.role === 'labels';

/** What belongs to one image. */
interface Joined {
  readonly image: Placed;
  /** Label images; more than one is an error. */
  readonly whole: Placed[];
  /** Mask files of single nuclei. */
  readonly parts: Placed[];
  /** Whether there is a folder for them, though it may be empty. */
  hasFolder: boolean;
  readonly ignore: Placed[];
  readonly reviewed: Placed[];
}

/** A file that belongs to no image. */
interface Stray {
  readonly file: Placed;
  readonly kind: 'masks' | 'ignore' | 'reviewed';
}

const strayWords = {
  masks: 'The masks have no image.',
  ignore: 'The ignore map has no image.',
  reviewed: 'The map of what is reviewed has no image.',
} as const;

/** Joins the files of a group by their names. */
function join(group: Group): { images: Joined[]; strays: Stray[] } {
  const isMap = ({ name }: Placed) => ignoredStem(name) !== undefined;
  const images = group.images
    .filter((placed) => !isMap(placed))
    .map((image): Joined => ({ image, whole: [], parts: [], hasFolder: false, ignore: [], reviewed: [] }));
  const byName = new Map(images.map((joined) => [imageStem(joined.image.name), joined]));
  const strays: Stray[] = [];
  const find = (name: string) => byName.get(name) ?? byName.get(labelledStem(name) ?? '');
  for (const file of group.labels.filter((placed) => !isMap(placed))) {
    const one = find(file.name);
    const part = byName.get(folderOf(file.name));
    if (one) one.whole.push(file);
    else if (part) part.parts.push(file);
    else strays.push({ file, kind: 'masks' });
  }
  for (const { name } of group.maskFolders) {
    const owner = byName.get(name);
    if (owner) owner.hasFolder = true;
  }
  const maps = [...group.ignore, ...[...group.images, ...group.labels].filter(isMap)];
  for (const [kind, files] of [['ignore', maps] as const, ['reviewed', group.reviewed] as const]) {
    for (const file of files) {
      const one = find(ignoredStem(file.name) ?? file.name);
      if (one) one[kind].push(file);
      else strays.push({ file, kind });
    }
  }
  return { images, strays };
}

const hasMasks = ({ whole, parts, hasFolder }: Joined) => whole.length > 0 || parts.length > 0 || hasFolder;

/**
 * Whether the masks of a tree are named after their images. In the challenge's layout, which has folders of the same names,
 * each image has a folder of its own, and its masks have other names.
 */
export function isFoldersTree(tree: FileTree): boolean {
  const groups = groupsOf(tree).filter(
    ({ labels, maskFolders }) => labels.length > 0 || maskFolders.length > 0,
  );
  const isNamed = (group: Group) => {
    const { images, strays } = join(group);
    const isEveryMaskNamed = strays.every(({ kind }) => kind !== 'masks');
    return images.some(hasMasks) && (images.length > 1 || isEveryMaskNamed);
  };
  const named = groups.filter(isNamed).length;
  const single = groups.filter((group) => group.images.length === 1).length;
  if (named > 0) return 2 * named > single;
  return single === 0 && groups.some(({ images, labels }) => images.length > 1 && labels.length > 0);
}

/** One file of each folder of masks, by the folder's name. */
function labelFoldersOf(tree: FileTree): string[] {
  const groups = groupsOf(tree).filter(({ images }) => images.length > 0);
  const byFolder = new Map<string, string>();
  for (const { labels, maskFolders } of groups) {
    for (const { folder, path } of [...labels, ...maskFolders])
      if (!byFolder.has(folder)) byFolder.set(folder, path);
  }
  return [...byFolder.values()];
}

/** Finds the images of a tree. The id is the path of the image without the folder `images` and the extension. */
function listFolders(tree: DatasetTree, _masks: string, reading: LabelReading = {}): DatasetListing {
  const problems: Problem[] = [];
  const found: AnnotatedFiles[] = [];
  const used: string[] = [];
  for (const group of groupsOf(tree)) {
    const { images, strays } = join(group);
    const [first] = group.labels;
    const named = images.filter(hasMasks);
    if (named.length === 0 && images.length > 0 && first) {
      const [image] = images;
      const what = `No mask is named after an image: there are ${image!.image.path} and ${first.path}.`;
      const hint = 'Give each label image the name of its image, or its name and _masks.';
      problems.push({ what, where: tree.place(first.path), hint });
      continue;
    }
    for (const { file, kind } of strays) {
      const image = tree.place(`${group.parent}${group.images[0]?.folder ?? 'images'}/${file.name}`);
      const hint = `Add its image, such as ${image}.png, or rename or remove the file.`;
      problems.push({ what: strayWords[kind], where: tree.place(file.path), hint });
    }
    for (const joined of images) {
      const files = filesOf(joined, group, tree, problems);
      if (!files) continue;
      found.push(files);
      used.push(
        ...[joined.image, ...joined.whole, ...joined.parts, ...joined.ignore, ...joined.reviewed].map(
          ({ path }) => path,
        ),
      );
    }
  }
  const ids = new Map(found.map(({ image, id }) => [image, id]));
  problems.push(...nameClashes([...ids.keys()], (file) => ids.get(file)!, tree));
  return { images: entriesOf(tree, found, reading), files: used.sort(), problems };
}

/** The files of one image; undefined, with a problem, if it is not clear which they are. */
function filesOf(
  joined: Joined,
  { parent, labels }: Group,
  tree: FileTree,
  problems: Problem[],
): AnnotatedFiles | undefined {
  const { image, whole, parts, hasFolder, ignore, reviewed } = joined;
  const report = (problem: Omit<Problem, 'where'>) => {
    problems.push({ ...problem, where: tree.place(image.path) });
    return undefined;
  };
  if (!hasMasks(joined)) {
    const folder = tree.place(`${parent}${labels[0]?.folder ?? 'masks'}/${image.name}`);
    const hint = `Add ${folder}.png; if the image has no nuclei, all its pixels are 0, or ${folder} is an empty folder.`;
    return report({ what: 'The image has no masks.', hint });
  }
  const rivals = [
    ...whole,
    ...(parts.length > 0 || (hasFolder && whole.length === 0) ? parts.slice(0, 1) : []),
  ];
  for (const files of [rivals, ignore, reviewed]) {
    const unclear = unclearFile(files.map(({ path }) => path));
    if (unclear) return report(unclear);
  }
  return {
    id: parent + imageStem(image.name),
    image: image.path,
    masks: whole[0]?.path ?? parts.map(({ path }) => path),
    ignore: ignore[0]?.path,
    reviewed: reviewed[0]?.path,
  };
}
