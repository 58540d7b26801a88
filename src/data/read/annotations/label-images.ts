/** Label images that are not among their images, such as those that `nucleate predict` wrote and an expert corrected. */
import { basename } from 'node:path';
import type { FileTree } from '../../files/file-tree.js';
import { readLabelImage } from '../../image/label-io.js';
import { ignoredStem, labelledStem } from '../label-names.js';
import { isImageFile, withoutExtension } from '../layout.js';
import { readingOfResult, recordedIn } from '../recorded-names.js';
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
  async open(tree, files, choice) {
    const recorded = await recordedIn(tree);
    const images = files.map((file) => {
      const place = tree.place(file);
      return {
        ...{ image: labelledStem(withoutExtension(file)) ?? file, place, file },
        read: async () => {
          const bytes = await tree.read(file);
          const reading = readingOfResult(bytes, recorded.get(basename(file)), choice);
          return objectsOfLabels(await readLabelImage(bytes, place, reading), place);
        },
      };
    });
    return { images, problems: [], hasScores: false };
  },
};

function labelFilesOf({ files }: FileTree): string[] {
  const images = files.filter(
    (file) => isImageFile(file) && ignoredStem(withoutExtension(file)) === undefined,
  );
  const named = images.filter((file) => labelledStem(withoutExtension(file)) !== undefined);
  return named.length > 0 ? named : images;
}
