import { listPairs, readPair } from '../../data/label-images.js';
import { readImage } from '../../data/image-io.js';
import { hashFiles } from './folder.js';
import type { TruthSource } from './source.js';

/** Images with their label images, `X.png` and `X_masks.png`, as truth. */
export async function pairsTruth(folder: string): Promise<TruthSource> {
  const pairs = new Map((await listPairs(folder)).map((pair) => [pair.id, pair]));
  return {
    path: folder,
    kind: 'images with label images',
    ids: [...pairs.keys()],
    async read(id) {
      const { labelImage } = await readPair(pairs.get(id)!);
      return { labelImage, pixelless: 0, overlapPixels: 0 };
    },
    readImage: (id) => readImage(pairs.get(id)!.imagePath),
    hash: () =>
      hashFiles(
        folder,
        [...pairs.values()].flatMap(({ imagePath, masksPath }) => [imagePath, masksPath]),
      ),
  };
}
