import type { LabelImage } from '../data/geometry/label-image.js';
import { evaluateImage } from '../eval/evaluate-image.js';
import { scoreSources } from '../eval/score-sources.js';
import { selectAll } from '../eval/selection.js';
import { openPrediction, openTruth } from '../eval/sources/open.js';
import { rejectOtherData } from '../eval/sources/recorded-data.js';
import type { PredictionSource } from '../eval/sources/source.js';
import { type Evaluation, summarise } from '../eval/summarise.js';
import { evalDocument } from '../report/eval-document.js';
import type { EvalDocument } from '../report/eval-schema.js';

/** What {@link evaluate} compares predictions with. */
export interface EvaluateOptions {
  /** A dataset, or a folder of label images. */
  readonly truth: string;
  /** Annotations of the truth that are not among its images. */
  readonly labels?: string;
  /** Called after each image with the number of images done. */
  readonly onProgress?: (images: number) => void;
}

/**
 * Scores predictions against annotations, as `nucleate eval` does.
 *
 * @param predictions A folder of label images, the results of `predict`, COCO, GeoJSON or other annotations; or several of
 *   them, which are then compared with the first.
 * @returns What `nucleate eval --json` prints: `docs/eval-output.schema.json` describes it.
 * @throws {NucleateError} Exit code 3 with all problems at once: images without a prediction, predictions of other images,
 *   files that cannot be read, other sizes.
 */
export async function evaluate(
  predictions: string | readonly string[],
  { truth: path, labels, onProgress }: EvaluateOptions,
): Promise<EvalDocument> {
  const truth = await openTruth(path, { labels });
  const sources: PredictionSource[] = [];
  try {
    for (const place of typeof predictions === 'string' ? [predictions] : predictions)
      sources.push(await openPrediction(place));
    const sha256 = await truth.identity();
    rejectOtherData(sources, path, sha256);
    const selection = selectAll(truth);
    const scored = await scoreSources(truth, sources, {
      selection,
      ...(onProgress && { onImage: onProgress }),
    });
    return evalDocument({ truth, sha256, selection, split: null }, scored);
  } finally {
    for (const source of [truth, ...sources]) await source.close();
  }
}

/** An image whose nuclei are known and were predicted. */
export interface LabelImagePair {
  /** Any name that tells it from the others. */
  readonly id: string;
  readonly truth: LabelImage;
  /** Of the same size. */
  readonly prediction: LabelImage;
}

/**
 * Scores label images in memory.
 *
 * @param pairs At least one.
 * @throws {RangeError} If there is none, or two label images of a pair have different sizes.
 */
export const evaluateLabels = (pairs: readonly LabelImagePair[]): Evaluation =>
  summarise(
    pairs.map(({ id, truth, prediction }) => evaluateImage(truth, prediction, { id, withoutPixels: 0 })),
  );
