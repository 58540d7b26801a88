/** A model that trains in milliseconds a step, and images to train it on. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { LabelImage } from '../../src/data/geometry/label-image.js';
import { writeImage } from '../../src/data/image/image-io.js';
import { writeLabelImage } from '../../src/data/image/label-io.js';
import { modelCard } from '../../src/model/model-card.js';
import { writeModelFolder } from '../../src/model/model-folder.js';
import { randomFor } from '../../src/random.js';
import { smallModel } from '../model/small-model.js';

/** Writes a model folder of two untrained networks. */
export async function writeSmallModel(
  folder: string,
  assemble: object = {},
  data: object = {},
): Promise<string> {
  const { file, detector, segmenter } = smallModel({ minArea: 1, ...assemble });
  const { config: boxes } = file.detector;
  const { config: masks } = file.segmenter;
  const { loader, model } = boxes;
  const small = {
    ...file,
    detector: {
      ...file.detector,
      config: {
        ...boxes,
        data: { ...boxes.data, ...data },
        loader: { ...loader, batchSize: 2, cropSize: 64, maxBoxes: 20, workers: 0 },
        model: {
          ...model,
          proposals: { ...model.proposals, trainPreNmsTopK: 40, trainPostNmsTopK: 20 },
          boxHead: { ...model.boxHead, batchSizePerImage: 8 },
        },
      },
    },
    segmenter: {
      ...file.segmenter,
      config: { ...masks, loader: { ...masks.loader, batchSize: 4, workers: 0 } },
    },
  };
  await writeModelFolder(folder, { file: small, detector, segmenter }, modelCard(small));
  return folder;
}

/** Writes pairs `image-1.png` and `image-1_masks.png`: grey discs on noise, four to an image of 64 x 64 px. */
export async function writeDiscs(
  folder: string,
  count: number,
  { empty = false, seed = 1 } = {},
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  for (let index = 1; index <= count; index++) {
    const { image, labelImage } = discs(seed, index, empty);
    await writeImage(path.join(folder, `image-${index}.png`), image);
    await writeLabelImage(path.join(folder, `image-${index}_masks.png`), labelImage);
  }
  return folder;
}

const side = 64;

function discs(seed: number, index: number, empty: boolean) {
  const random = randomFor(seed, 'discs', index);
  const data = Uint8Array.from({ length: side * side }, () => 20 + random.integer(20));
  const labels = new Int32Array(side * side);
  for (let label = 1; label <= (empty ? 0 : 4); label++) {
    const [x, y] = [
      16 + 32 * ((label - 1) % 2) + random.integer(8),
      16 + 32 * ((label - 1) >> 1) + random.integer(8),
    ];
    const radius = 5 + random.integer(4);
    for (let at = 0; at < labels.length; at++) {
      if (Math.hypot((at % side) - x, Math.floor(at / side) - y) > radius) continue;
      labels[at] = label;
      data[at] = 150 + random.integer(40);
    }
  }
  const labelImage: LabelImage = { width: side, height: side, labels };
  return { image: { width: side, height: side, channels: 1 as const, data }, labelImage };
}
