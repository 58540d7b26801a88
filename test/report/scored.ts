import { EvalDocument } from '../../src/report/eval-schema.js';
import type { LabelImage } from '../../src/data/geometry/label-image.js';
import { evalDocument } from '../../src/report/eval-document.js';
import { scoreSources } from '../../src/eval/score-sources.js';
import { selectAll, type Selection } from '../../src/eval/selection.js';
import type {
  ScoredBoxes,
  LabelledObjects,
  PredictionSource,
  TruthSource,
} from '../../src/eval/sources/source.js';

const drawn = (labelImage: LabelImage): Promise<LabelledObjects> =>
  Promise.resolve({ labelImage, withoutPixels: 0, overlapPixels: 0 });

/** A truth in memory. */
export function truthOf(path: string, images: Record<string, LabelImage>): TruthSource {
  return {
    path,
    kind: 'label images',
    ids: Object.keys(images).sort(),
    read: (id) => drawn(images[id]!),
    readImage: () => Promise.resolve(null),
    identity: () => Promise.resolve('0'.repeat(64)),
    close: () => Promise.resolve(),
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
    close: () => Promise.resolve(),
  };
}

/** A model in memory: the boxes that it detects, and the label image that it predicts in given boxes. */
export function modelOf(
  path: string,
  images: Record<string, LabelImage>,
  boxes: ScoredBoxes,
  labelImage: LabelImage,
): PredictionSource {
  const source = predictionOf(path, images);
  const segmentBoxes = (_: string, { length }: Float32Array) =>
    Promise.resolve({ labelImage, masks: new Array<undefined>(length / 4).fill(undefined) });
  return {
    ...source,
    kind: 'detector d at step 1, segmenter s at step 2',
    read: async (id, size) => ({ ...(await source.read(id, size)), boxes }),
    stages: { scoreThreshold: 0.5, segmentBoxes },
  };
}

/** The document of predictions scored against a truth, checked against its schema. */
export async function documentOf(
  truth: TruthSource,
  predictions: readonly PredictionSource[],
  known: Omit<Selection, 'ids'> = {},
): Promise<EvalDocument> {
  const selection = { ...selectAll(truth), ...known };
  const scored = await scoreSources(truth, predictions, { selection, ablate: true });
  const sha256 = await truth.identity();
  const document = evalDocument({ truth, sha256, selection, split: null }, scored);
  return EvalDocument.parse(JSON.parse(JSON.stringify(document)));
}
