import { boxAt } from '../data/geometry/box.js';
import type { AssembleSettings } from '../config/assemble.js';
import type { Image } from '../data/image/image.js';
import { exitCodes, inPlace, NucleateError } from '../errors.js';
import type { RectMap } from '../data/geometry/rect.js';
import type { PredictionSource, TruthSource } from '../eval/sources/source.js';
import { assembleMasks } from '../predict/assemble/assemble.js';
import { type CandidateMask, maskOf } from '../predict/assemble/candidate-mask.js';
import { pasteCandidate } from '../predict/assemble/candidate.js';
import { NucleusPredictor } from '../predict/nucleus-predictor.js';
import type { PairedNetworks } from './find-networks.js';
import { predictedInstances, scaledSettings } from './predicted-instances.js';

/**
 * The predictions of two networks: each image of the truth is segmented when it is read. The runtime must have been
 * started; closing frees the networks.
 *
 * @throws {NucleateError} On reading an image, exit code 3 if the truth has no images.
 */
export function modelPrediction(pair: PairedNetworks, truth: TruthSource): PredictionSource {
  const { path, kind, detector, segmenter, others, assemble, predict } = pair;
  const predictor = new NucleusPredictor({ detector, segmenter, others }, { mode: 'compiled', predict });
  const readImage = async (id: string) => {
    const image = await truth.readImage(id);
    if (image) return image;
    throw new NucleateError({
      what: 'A model needs images, but the truth has only label images.',
      where: truth.path,
      hint: 'Name a dataset with images: --data DATASET.',
      exitCode: exitCodes.data,
    });
  };
  return {
    path,
    kind,
    ids: truth.ids,
    dataHash: null,
    async read(id) {
      const image = await readImage(id);
      return inPlace(id, () => predictedInstances(predictor, image, pair));
    },
    stages: {
      scoreThreshold: assemble.scoreThreshold,
      segmentBoxes: async (id, boxes) => {
        const image = await readImage(id);
        return inPlace(id, () => segmentBoxes(predictor, image, boxes, scaledSettings(image, pair).assemble));
      },
    },
    close: () => Promise.resolve(predictor.dispose()),
  };
}

/** The nuclei in given boxes, each with the score 1. */
async function segmentBoxes(
  predictor: NucleusPredictor,
  image: Image,
  boxes: Float32Array,
  settings: AssembleSettings,
) {
  const detections = Array.from({ length: boxes.length / 4 }, (_, k) => ({ box: boxAt(boxes, k), score: 1 }));
  const candidates = await predictor.segmentBoxes(image, detections);
  const masks = candidates.map((candidate) => maskOf(pasteCandidate(candidate, image), settings));
  const kept = masks.filter((mask) => mask !== undefined);
  return { labelImage: assembleMasks(image, kept, settings).labelImage, masks: masks.map(planeOf) };
}

function planeOf(mask: CandidateMask | undefined): RectMap | undefined {
  if (!mask) return undefined;
  const { x1, y1, x2, y2 } = mask.box;
  return { x: x1, y: y1, width: x2 - x1, height: y2 - y1, values: mask.values };
}
