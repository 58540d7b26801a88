/** What `nucleate eval` reads: predictions, and the truth that they are compared with. */
import type { RectMap, Size } from '../../data/geometry/rect.js';
import type { LabelImage } from '../../data/geometry/label-image.js';
import type { Image } from '../../data/image/image.js';
import type { WrittenPlanes } from '../../data/image/plane-choice.js';
import type { Omission } from '../../data/read/example.js';
import { paintMasks, type Mask } from '../../data/geometry/mask.js';
import { exitCodes, NucleateError, type Problem } from '../../errors.js';

/** Objects as one label image. */
export interface LabelledObjects {
  readonly labelImage: LabelImage;
  /** Objects without a pixel: their mask was empty, or lies entirely under earlier ones. */
  readonly withoutPixels: number;
  /** Pixels that an object lost to an earlier one; a pixel that three objects claim counts twice. */
  readonly overlapPixels: number;
  /** Absent if nothing was left out. */
  readonly leftOut?: readonly Omission[];
}

/** The true objects of an image. */
export interface TrueInstances extends LabelledObjects {
  /** As large as the image, 1 = no expert has reviewed the pixel; absent where all are reviewed. */
  readonly ignore?: Uint8Array;
  /** Modality cluster; absent where unknown. */
  readonly cluster?: string;
}

/** Boxes with scores, for recall and average precision. D detections. */
export interface ScoredBoxes {
  /** `[D, 4]` xyxy, px of the image, half-open. */
  readonly predBoxes: Float32Array;
  /** `[D]`, any scale. */
  readonly scores: Float32Array;
}

/** What is predicted for an image. */
export interface PredictedInstances extends LabelledObjects {
  /** Absent where the predictions have no scores. */
  readonly boxes?: ScoredBoxes;
}

/** What the segmenter of a model predicts in given boxes. */
export interface SegmentedBoxes {
  /** All nuclei, combined as the model combines those of its own boxes. */
  readonly labelImage: LabelImage;
  /** `[N]` each mask before they are combined, in the order of the boxes; undefined for a box without a mask. */
  readonly masks: readonly (RectMap | undefined)[];
}

/** The stages of a model, so that the truth can replace one of them. */
export interface ModelStages {
  /** Detections that score lower are not segmented. */
  readonly scoreThreshold: number;
  /** @param boxes `[N, 4]` xyxy, px of the image. */
  segmentBoxes(id: string, boxes: Float32Array): Promise<SegmentedBoxes>;
}

/** One set of predictions. */
export interface PredictionSource {
  /** As the user named it. */
  readonly path: string;
  /** What it was recognised as, in words. */
  readonly kind: string;
  /** Ids of the predicted images, in code-unit order. */
  readonly ids: readonly string[];
  /** {@link TruthSource.identity} of the data that they were made for; null if not recorded. */
  readonly dataHash: string | null;
  /**
   * Reads one image's prediction.
   *
   * @param size Of the true label image.
   * @throws {NucleateError} Exit code 3 if it cannot be read or has another size.
   */
  read(id: string, size: Size): Promise<PredictedInstances>;
  /** Absent unless the predictions come from a model that can predict again. */
  readonly stages?: ModelStages;
  close(): Promise<void>;
}

/** The truth. */
export interface TruthSource {
  readonly path: string;
  readonly kind: string;
  /** In code-unit order; at least one. */
  readonly ids: readonly string[];
  /** @throws {NucleateError} Exit code 3 if it cannot be read. */
  read(id: string): Promise<TrueInstances>;
  /** The channel and plane of its images that were chosen; absent without a choice. */
  readonly planes?: WrittenPlanes;
  /** The image itself; null if the source has no images. */
  readImage(id: string): Promise<Image | null>;
  /** SHA-256 of the dataset, see src/data/read/identity.ts; reads every file. */
  identity(): Promise<string>;
  close(): Promise<void>;
}

/** Puts masks that may overlap into one label image: the earlier mask keeps a pixel. */
export function masksToLabelImage(masks: readonly Mask[], { width, height }: Size): LabelledObjects {
  const { labels, withoutPixels, overlapPixels } = paintMasks(masks, { width, height });
  return { labelImage: { width, height, labels }, withoutPixels, overlapPixels };
}

/** An error in a source. */
export function sourceError(where: string, what: string, hint: string, cause?: unknown): NucleateError {
  return new NucleateError({ where, what, hint, exitCode: exitCodes.data }, { cause });
}

/** More than these are only counted. */
const problemsShown = 20;

/**
 * Throws one error that lists all problems of a source; does nothing if there are none.
 *
 * @throws {NucleateError} Exit code 3.
 */
export function throwIfProblems(
  where: string,
  noun: string,
  problems: readonly Problem[],
  hint: string,
): void {
  if (problems.length === 0) return;
  const shown = problems.slice(0, problemsShown);
  const more = problems.length - shown.length;
  if (more > 0) shown.push({ what: `${more} more problems are not listed.` });
  throw new NucleateError({
    what: `${noun} ${problems.length === 1 ? '1 problem' : `${problems.length} problems`}.`,
    where,
    hint,
    exitCode: exitCodes.data,
    problems: shown,
  });
}

/** @throws {NucleateError} Exit code 3 if the prediction has another size than the truth. */
export function checkSize(place: string, pred: Size, gt: Size): void {
  if (pred.width === gt.width && pred.height === gt.height) return;
  throw sourceError(
    place,
    `The prediction has ${pred.width} x ${pred.height} pixels and the truth ${gt.width} x ${gt.height}.`,
    'Scale or crop the predictions back to the size of the image.',
  );
}
