/** Maps of what experts have reviewed, beside their images: `X_ignore.png`, `ignore/X.png` and `reviewed/X.png`. */
import { folderOf } from '../files/open-files.js';
import { ignoredStem } from './label-names.js';
import { isImageFile, withoutExtension } from './layout.js';

/** The map files of one image. */
export interface ReviewFiles {
  /** Where its values are not 0, no expert has reviewed the pixel. */
  readonly ignore?: string;
  /** Where its values are 0, no expert has reviewed the pixel. */
  readonly reviewed?: string;
}

const mapFolder = /^(ignore|reviewed)$/iu;
const imagesFolder = /^(images?|imgs?)$/iu;

const inFolder = (folder: string, name: string) => (folder === '' ? name : `${folder}/${name}`);
const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/**
 * The maps among files, by the path of their image without its ending. A folder of maps lies beside the images or beside
 * their folder `images`.
 *
 * @param files Paths with `/`.
 */
export function reviewMaps(files: readonly string[]): ReadonlyMap<string, ReviewFiles> {
  const images = files.filter(isImageFile);
  const imagesFolders = [...new Set(images.map(folderOf))].filter((folder) =>
    imagesFolder.test(nameOf(folder)),
  );
  const maps = new Map<string, ReviewFiles>();
  const add = (image: string, kind: keyof ReviewFiles, file: string) =>
    maps.set(image, { ...maps.get(image), [kind]: file });
  for (const file of images) {
    const stem = withoutExtension(file);
    const folder = folderOf(file);
    const ignored = ignoredStem(stem);
    const kind = mapFolder.exec(nameOf(folder))?.[1]?.toLowerCase() as keyof ReviewFiles | undefined;
    if (kind !== undefined) {
      const parent = folderOf(folder);
      const name = ignoredStem(nameOf(stem)) ?? nameOf(stem);
      const beside = imagesFolders.filter((images) => folderOf(images) === parent);
      for (const images of [parent, ...beside]) add(inFolder(images, name), kind, file);
    } else if (ignored !== undefined) add(ignored, 'ignore', file);
  }
  return maps;
}
