/** Label images that are not among their images, such as those that `nucleate predict` wrote and an expert corrected. */
import type { FileTree } from '../../files/file-tree.js';
import { readLabelImage } from '../../image/label-io.js';
import { ignoredStem, labelledStem } from '../label-names.js';
import { isImageFile, withoutExtension } from '../layout.js';
import type { AnnotationFormat } from './annotation.js';
import { objectsOfLabels } from './arrays.js';

/**
 * Not one of `annotationFormats`, since beside images such files are told from them by the layouts. Where some files have an
 * ending such as `_masks`, those without are their images, and left out.
 */
export const labelImagesFormat: AnnotationFormat = {
  name: 'label-images',
  words: 'label images',
  arrangement: 'label images, named after their images',
  find: (tree) => Promise.resolve(labelFilesOf(tree)),
  open: (tree, files, choice) =>
    Promise.resolve({
      images: files.map((file) => {
        const stem = withoutExtension(file);
        const place = tree.place(file);
        return {
          ...{ image: labelledStem(stem) ?? file, place, file },
          read: async () =>
            objectsOfLabels(await readLabelImage(await tree.read(file), place, choice), place),
        };
      }),
      problems: [],
      hasScores: false,
    }),
};

function labelFilesOf({ files }: FileTree): string[] {
  const images = files.filter(
    (file) => isImageFile(file) && ignoredStem(withoutExtension(file)) === undefined,
  );
  const named = images.filter((file) => labelledStem(withoutExtension(file)) !== undefined);
  return named.length > 0 ? named : images;
}
