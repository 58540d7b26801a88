import { openFileTree } from '../../data/files/open-files.js';
import { boxOf } from '../../data/geometry/mask.js';
import type { Size } from '../../data/geometry/rect.js';
import { asRecorded, formatOf, formatsOf } from '../../data/read/annotations/annotation-layout.js';
import type { ImageAnnotations } from '../../data/read/annotations/annotation.js';
import { idsOf } from '../../data/read/annotations/image-names.js';
import { masksOfObjects, type ObjectMasks } from '../../data/read/annotations/masks-of-objects.js';
import { isIgnoreMap } from '../../data/read/annotations/join-images.js';
import { isImageFile } from '../../data/read/layout.js';
import { isPrepared } from '../../data/read/prepared-layout.js';
import type { Problem } from '../../errors.js';
import type { SourceKind } from './source-kind.js';
import { readRecordedHash } from './recorded-data.js';
import { masksToLabelImage, throwIfProblems, type PredictedInstances, type ScoredBoxes } from './source.js';

/**
 * Annotation files of one format without images: COCO and all others of `annotationFormats`; one file, a folder or a zip
 * archive. Images are identified by their names without folders and endings, if these differ. Where all objects have a
 * `score`, the highest-scoring keeps a pixel that several claim, and boxes are scored, too.
 */
export const annotationsKind: SourceKind = {
  async recognise({ path, isFolder }) {
    if (!isFolder && (await isPrepared(path))) return false;
    const tree = await openFileTree(path);
    try {
      if (tree.files.some((file) => isImageFile(file) && !isIgnoreMap(file))) return false;
      const isEmptySet = tree.kind === 'zip' && tree.files.length === 0;
      return tree.kind === 'file' || isEmptySet || (await formatsOf(tree)).length > 0;
    } finally {
      await tree.close();
    }
  },
  async open({ path, isFolder, reading }) {
    const tree = await openFileTree(path);
    try {
      const { format, files } = await formatOf(tree);
      const { problems, hasScores, ...listing } = await format.open(tree, files, reading);
      const images = await asRecorded(tree, listing.images);
      const ids = idsOf(images.map(({ image }) => image));
      const byId = new Map<string, ImageAnnotations>();
      const twice = images.flatMap((image, index): Problem[] => {
        const id = ids[index]!;
        if (byId.has(id)) return [{ what: `The image ${id} is there twice.`, where: image.place }];
        byId.set(id, image);
        return [];
      });
      const all = [...tree.problems, ...problems, ...twice];
      throwIfProblems(path, `The ${format.words} have`, all, 'Fix the listed problems.');
      return {
        path,
        kind: format.words,
        ids: [...byId.keys()].sort(),
        dataHash: isFolder ? await readRecordedHash(path) : null,
        read: async (id, size) => {
          const image = byId.get(id)!;
          return predicted(masksOfObjects(await image.read(), size, image.place, reading), size, hasScores);
        },
        close: () => tree.close(),
      };
    } catch (error) {
      await tree.close();
      throw error;
    }
  },
};

function predicted(objects: ObjectMasks, size: Size, hasScores: boolean): PredictedInstances {
  const { masks, leftOut } = objects;
  return {
    ...masksToLabelImage(masks, size),
    ...(leftOut.length > 0 && { leftOut }),
    ...(hasScores && { boxes: boxesOf(objects, size) }),
  };
}

/** The boxes of the file, or else of the masks. */
function boxesOf({ nuclei, masks }: ObjectMasks, { width }: Size): ScoredBoxes {
  const boxes = nuclei.map(({ box }, index) => {
    if (box) return box;
    const { x1, y1, x2, y2 } = boxOf(masks[index]!, width) ?? { x1: 0, y1: 0, x2: 0, y2: 0 };
    return [x1, y1, x2, y2];
  });
  return {
    predBoxes: Float32Array.from(boxes.flat()),
    scores: Float32Array.from(nuclei, ({ score }) => score!),
  };
}
