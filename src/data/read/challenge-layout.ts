/**
 * The layout of the 2018 Data Science Bowl: `<id>/images/<id>.png` and `<id>/masks/*.png`, one mask file per nucleus; with
 * `<id>/ignore/*.png` or `<id>/reviewed/*.png`, one file each, for what experts have reviewed.
 */
import { exitCodes, NucleateError, type Problem } from '../../errors.js';
import type { FileTree } from '../files/file-tree.js';
import { type AnnotatedFiles, readAnnotated, unclearFile } from './annotated-files.js';
import type { AnnotatedImage } from './example.js';
import { isFoldersTree } from './folders-layout.js';
import { ignoredStem } from './label-names.js';
import {
  byId,
  isImageFile,
  nameClashes,
  stemOf,
  withoutExtension,
  type DatasetLayout,
  type DatasetListing,
  type DatasetTree,
} from './layout.js';
import { showsNothing } from './shows-nothing.js';

/** The folder of an image, and what the file is. */
const pattern = /^(?:(.*)\/)?(images|masks|ignore|reviewed)\/[^/]+$/u;

const isChallengeFile = (file: string): boolean => pattern.test(file) && isImageFile(file);

/** Whether a file is the mask of one nucleus. */
const isMaskFile = (file: string): boolean => pattern.exec(file)?.[2] === 'masks' && isImageFile(file);

/** Whether a tree has mask files for single nuclei. */
export const isChallengeTree = (tree: FileTree): boolean =>
  tree.files.some(isMaskFile) && !isFoldersTree(tree);

export const challengeLayout: DatasetLayout = {
  name: 'challenge',
  describe: 'images with one mask file per nucleus',
  arrangement: '<id>/images/*.png with <id>/masks/*.png',
  matches: (tree) => (isChallengeTree(tree) ? tree.files.filter(isMaskFile).slice(0, 1) : []),
  open: listImages,
};

interface ChallengeFiles extends AnnotatedFiles {
  /** Where its folder of masks should be; undefined if it is there. */
  readonly masksPlace: string | undefined;
}

type ImageFolder = Readonly<Record<'images' | 'masks' | 'ignore' | 'reviewed', string[]>>;

/**
 * Finds the images of a tree. The id is the name of the folder, or of the image if the tree is that one folder. An image
 * whose folder of masks is empty has no nuclei. Other files are ignored.
 */
function listImages(tree: DatasetTree): DatasetListing {
  const files = tree.files.filter(isChallengeFile);
  const folders = new Map<string, ImageFolder>();
  for (const file of files) {
    const [, folder = '', kind] = pattern.exec(file)!;
    const known = folders.get(folder) ?? { images: [], masks: [], ignore: [], reviewed: [] };
    folders.set(folder, known);
    const isMap = kind === 'images' && ignoredStem(withoutExtension(file)) !== undefined;
    known[isMap ? 'ignore' : (kind as keyof ImageFolder)].push(file);
  }
  const problems: Problem[] = [];
  const emptyFolders = new Set(tree.folders);
  const found = [...folders].flatMap(([folder, parts]): ChallengeFiles[] => {
    const { images, masks, ignore, reviewed } = parts;
    const [file, second] = images;
    const report = (what: string, hint: string) => {
      problems.push({ what, where: tree.place(file ?? Object.values(parts).flat()[0]!), hint });
      return [];
    };
    const inFolder = (name: string) => (folder === '' ? name : `${folder}/${name}`);
    const place = (name: string) => tree.place(inFolder(name));
    if (file === undefined)
      return report(
        masks.length > 0 ? 'The masks have no image.' : 'The map of what is reviewed has no image.',
        `Put the image into ${place('images')}.`,
      );
    if (second !== undefined) {
      const hint = `Keep one image in ${place('images')}, and give each other image its own folder.`;
      return report(`The folder images has ${images.length} images.`, hint);
    }
    const unclear = unclearFile(ignore) ?? unclearFile(reviewed);
    if (unclear) return report(unclear.what, unclear.hint);
    const id = folder === '' ? stemOf(file) : folder.slice(folder.lastIndexOf('/') + 1);
    const masksPlace = masks.length > 0 || emptyFolders.has(inFolder('masks')) ? undefined : place('masks');
    return [{ id, image: file, masks, ignore: ignore[0], reviewed: reviewed[0], masksPlace }];
  });
  const ids = new Map(found.map(({ image, id }) => [image, id]));
  problems.push(...nameClashes([...ids.keys()], (file) => ids.get(file)!, tree));
  const images = found.map((entry) => ({
    id: entry.id,
    place: tree.place(entry.image),
    read: () => readFolder(tree, entry),
  }));
  return { images: images.sort(byId), files, problems };
}

/** Archives and version control drop empty folders; then the image itself has to show that there is nothing in it. */
async function readFolder(
  tree: DatasetTree,
  { masksPlace, ...files }: ChallengeFiles,
): Promise<AnnotatedImage> {
  const annotated = await readAnnotated(tree, files, {});
  if (masksPlace === undefined || showsNothing(annotated.image)) return annotated;
  throw new NucleateError({
    what: 'The image has no masks.',
    where: tree.place(files.image),
    hint: `Put its masks into ${masksPlace}, a folder that is empty if there are no nuclei; or remove the image.`,
    exitCode: exitCodes.data,
  });
}
