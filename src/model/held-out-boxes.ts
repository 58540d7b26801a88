import type { Mode } from '../engine/step.js';
import { exitCodes, NucleateError } from '../errors.js';
import { DetectorPredictor } from '../predict/detect.js';
import { readTrainingData } from '../data/loader/training-data.js';
import { findStage } from './find-networks.js';

/** `[x1, y1, x2, y2]`, px of the image, by the ids of images; the surest first. */
export type BoxesOfImages = Record<string, [number, number, number, number][]>;

export interface HeldOutBoxesOptions {
  /** The dataset that the detectors were trained on, where it is now. */
  readonly data: string;
  /** A run-length CSV with its masks; empty where there is none. */
  readonly labels: string;
  /** Less sure boxes are left out. */
  readonly minScore: number;
  readonly mode: Mode;
  /** Told after each image how many are done. */
  readonly onImage?: (done: number) => void;
}

/**
 * What detectors find in the images that they have not seen: each in those of its own validation fold, with the errors
 * that it will make on new images. A segmenter trains on them: `boxes.path`.
 *
 * @param places Runs, checkpoints or model folders; with one for each fold every image has boxes.
 * @throws {NucleateError} Exit code 2 if a place has no detector, or two have seen all but the same images; 3 for data
 *   that are not what it was trained on, or all of which it has seen; 6 if it is damaged.
 */
export async function heldOutBoxes(
  places: readonly string[],
  { data, labels, minScore, mode, onImage = () => {} }: HeldOutBoxesOptions,
): Promise<BoxesOfImages> {
  const boxes: BoxesOfImages = {};
  for (const place of places) {
    const { config, weights } = (await findStage(place, 'detector')).detector;
    const { validation, unseen } = await readTrainingData(
      { ...config.data, path: data, labels },
      config.seed,
    );
    if (!unseen) {
      const hint = 'Take a detector that was trained without data.trainOnAll.';
      throw refuse('The detector was trained on every image.', place, hint, exitCodes.data);
    }
    const twice = validation.find(({ id }) => id in boxes);
    if (twice) {
      const hint = 'Name one detector for each fold.';
      throw refuse(`Two detectors have left out the image ${twice.id}.`, place, hint, exitCodes.usage);
    }
    const predictor = new DetectorPredictor({ config, mode, weights });
    try {
      for (const example of validation) {
        const { detections } = await predictor.detect(example);
        const sure = detections.filter(({ score }) => score >= minScore);
        boxes[example.id] = sure.map(({ box: { x1, y1, x2, y2 } }) => [
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

/** A hundredth of a px is finer than any box. */
const hundredth = (value: number) => Math.round(100 * value) / 100;

const refuse = (what: string, where: string, hint: string, exitCode: 2 | 3) =>
  new NucleateError({ what, where, hint, exitCode });
