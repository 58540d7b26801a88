import type { Mode } from '../engine/step.js';
import { exitCodes, inPlace, NucleateError } from '../errors.js';
import { DetectorPredictor } from '../predict/detect.js';
import { readTrainingData } from '../data/loader/training-data.js';
import { findStage } from './find-networks.js';

/** `[x1, y1, x2, y2]`, px of the image, by image id; highest-scoring first. */
export type BoxesOfImages = Record<string, [number, number, number, number][]>;

export interface HeldOutBoxesOptions {
  /** The dataset that the detectors were trained on, where it is now. */
  readonly data: string;
  /** A run-length CSV with its masks; empty where there is none. */
  readonly labels: string;
  /** Boxes with a lower score are left out. */
  readonly minScore: number;
  readonly mode: Mode;
  /** Called after each image with the number of images done. */
  readonly onImage?: (done: number) => void;
}

/**
 * The boxes that detectors find in images that they were not trained on, each in its own validation fold; these have the
 * errors of boxes in new images. A segmenter can be trained on them: `boxes.path`.
 *
 * @param places Runs, checkpoints or model folders; with one for each fold every image has boxes.
 * @throws {NucleateError} Exit code 2 if a place has no detector, or two have the same validation fold; 3 if the data are
 *   not those of the training, or the detector was trained on all of them; 6 if it is damaged.
 */
export async function heldOutBoxes(
  places: readonly string[],
  { data, labels, minScore, mode, onImage = () => {} }: HeldOutBoxesOptions,
): Promise<BoxesOfImages> {
  const boxes: BoxesOfImages = {};
  for (const place of places) {
    const { config, weights, origin, source } = (await findStage(place, 'detector')).detector;
    const { validation, unseen } = await readTrainingData(
      { ...config.data, path: data, more: [], labels },
      { seed: config.seed, trained: origin.dataset },
    );
    if (!unseen) {
      const hint = 'Use a detector that was trained without data.trainOnAll.';
      throw errorOf('The detector was trained on every image.', place, hint, exitCodes.data);
    }
    const twice = validation.find(({ id }) => id in boxes);
    if (twice) {
      const hint = 'Name one detector for each fold.';
      throw errorOf(
        `Two detectors have the image ${twice.id} in their validation fold.`,
        place,
        hint,
        exitCodes.usage,
      );
    }
    const predictor = new DetectorPredictor({ config, mode, weights, source });
    try {
      for (const example of validation) {
        const { detections } = await inPlace(example.id, () => predictor.detect(example));
        const kept = detections.filter(({ score }) => score >= minScore);
        boxes[example.id] = kept.map(({ box: { x1, y1, x2, y2 } }) => [
          hundredth(x1),
          hundredth(y1),
          hundredth(x2),
          hundredth(y2),
        ]);
        onImage(Object.keys(boxes).length);
      }
    } finally {
      predictor.dispose();
    }
  }
  return boxes;
}

/** Boxes are not more precise than this, px. */
const hundredth = (value: number) => Math.round(100 * value) / 100;

const errorOf = (what: string, where: string, hint: string, exitCode: 2 | 3) =>
  new NucleateError({ what, where, hint, exitCode });
