/** Which image an annotation file means: files call them by paths of other computers, with and without endings. */
import { safeName } from '../../files/safe-name.js';
import { stemOf } from '../layout.js';

/** Endings of images, also of those that have to be saved as another kind before they are read. */
const imageEnding =
  /(\.ome)?\.(png|tiff?|jpe?g|bmp|gif|webp|jp2|czi|nd2|lif|lsm|svs|ndpi|scn|mrxs|vsi|oi[bf]|qptiff|dcm|zarr)$/iu;

/** `C:/x/a/b` of `C:\x\a\b.png`; of an id without an image's ending, the id. */
const withoutEnding = (name: string): string => name.replaceAll('\\', '/').replace(imageEnding, '');

/** The last part of a path with `/`. */
const lastPart = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/**
 * Ids of images from their names: the last part, or all of the path if two would have the same.
 *
 * @param names As files call the images; with or without folders and endings.
 * @returns In the order of the names; a name that is there twice has the same id twice.
 */
export function idsOf(names: readonly string[]): string[] {
  const paths = names.map(withoutEnding);
  const different = new Set(paths);
  const parts = new Set([...different].map(lastPart));
  return parts.size === different.size ? paths.map(lastPart) : paths;
}

/** A folder that holds images says nothing about them. */
const imagesFolder = /(^|\/)images?\/(?=[^/]*$)/iu;

/** What an image is called without the folder that only says that it is one. */
export const withoutImagesFolder = (file: string): string => file.replace(imagesFolder, '$1');

/** Finds images by what annotation files call them. */
export class ImageNames {
  readonly #byPart = new Map<string, string[]>();

  /** @param files Of images, with `/`. */
  constructor(files: readonly string[]) {
    for (const file of files) {
      // As `nucleate` calls files of an image whose id has folders.
      const written = safeName(withoutEnding(withoutImagesFolder(file)));
      for (const part of new Set([stemOf(file), lastPart(withoutEnding(file)), lastPart(file), written])) {
        const known = this.#byPart.get(part);
        if (known) known.push(file);
        else this.#byPart.set(part, [file]);
      }
    }
  }

  /**
   * The files that a name can mean: those of the same name, of these those with the most folders in common.
   *
   * @param name A path or an id, with or without an ending, which may be that of another kind of image.
   */
  find(name: string): readonly string[] {
    const path = name.replaceAll('\\', '/');
    const candidates = [lastPart(path), lastPart(withoutEnding(path)), stemOf(path)].flatMap((part) => {
      const files = this.#byPart.get(part);
      return files ? [files] : [];
    })[0];
    if (!candidates) return [];
    const common = candidates.map((file) => commonFolders(file, path));
    const most = Math.max(...common);
    return candidates.filter((_, index) => common[index] === most);
  }
}

/** How many folders two paths have in common, wherever: `day1/images/x` and `day1/annotations/x` have one. */
function commonFolders(one: string, other: string): number {
  const folders = new Set(one.split('/').slice(0, -1));
  return new Set(
    other
      .split('/')
      .slice(0, -1)
      .filter((folder) => folders.has(folder)),
  ).size;
}
