import { EvalDocument, evalDocument } from '../../src/report/eval-document.js';
import { scoreSources } from '../../src/eval/score-sources.js';
import type { DrawnInstances } from '../../src/eval/instance-canvas.js';
import type { PredictionSource, TruthSource } from '../../src/eval/sources/source.js';
import type { LabelImage } from '../../src/data/image.js';

const drawn = (labelImage: LabelImage): Promise<DrawnInstances> =>
  Promise.resolve({ labelImage, pixelless: 0, overlapPixels: 0 });

/** A truth in memory. */
export function truthOf(path: string, images: Record<string, LabelImage>): TruthSource {
  return {
    path,
    kind: 'label images',
    ids: Object.keys(images).sort(),
    read: (id) => drawn(images[id]!),
    readImage: () => Promise.resolve(null),
    hash: () => Promise.resolve('0'.repeat(64)),
  };
}

/** Predictions in memory. */
export function predictionOf(path: string, images: Record<string, LabelImage>): PredictionSource {
  return {
    path,
    kind: 'label images',
    ids: Object.keys(images).sort(),
    dataHash: null,
    read: (id) => drawn(images[id]!),
  };
}

/** The document of a truth and predictions, checked against its schema. */
export async function documentOf(
  truth: TruthSource,
  predictions: readonly PredictionSource[],
  clusters?: ReadonlyMap<string, string>,
): Promise<EvalDocument> {
  const scored = await scoreSources(truth, predictions, clusters ? { clusters } : {});
  return EvalDocument.parse(JSON.parse(JSON.stringify(evalDocument(truth, await truth.hash(), scored))));
}
